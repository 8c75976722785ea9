//! What is done in the background, and by which processes. How workers share it is tried in the crate of the workers.

use std::time::Duration;

use turnpike_core::Timestamp;
use turnpike_store::ProcessRow;

use crate::{deployment::on_both, samples::id};

const MINUTE: Duration = Duration::from_secs(60);

pub(crate) fn process() -> ProcessRow {
    ProcessRow {
        id: id(),
        roles_json: vec!["gateway".into(), "worker".into()],
        servers_json: vec![],
        version: "1.2.3".into(),
        address: "127.0.0.1:8080".into(),
        started_at: Timestamp::from_micros(0),
        seen_at: Timestamp::from_micros(0),
    }
}

on_both! {
    async fn a_process_is_listed_from_its_first_word_to_its_last(it: Deployment) {
        let (system, first, second) = (it.store.system(), process(), process());
        system.announce_process(&first).await.unwrap();
        system.announce_process(&second).await.unwrap();
        let (before, _) = system.list_processes().await.unwrap();
        system.announce_process(&first).await.unwrap();
        let (all, now) = system.list_processes().await.unwrap();
        assert_eq!(all.len(), 2);
        let known = all.iter().find(|row| row.id == first.id).unwrap();
        assert_eq!((&known.roles_json, &known.version), (&first.roles_json, &first.version));
        let at_first = before.iter().find(|row| row.id == first.id).unwrap();
        assert!(known.started_at == at_first.started_at && known.seen_at >= at_first.seen_at && known.seen_at <= now);
        // Nobody has been silent for a minute.
        assert_eq!(system.delete_silent_processes(MINUTE).await.unwrap(), 0);
        system.delete_process(first.id).await.unwrap();
        assert_eq!(system.list_processes().await.unwrap().0.len(), 1);
    }

    async fn planning_again_changes_nothing_but_the_length_of_the_slots(it: Deployment) {
        let system = it.store.system();
        system.plan_work("test.nightly", "", 60 * MINUTE).await.unwrap();
        let (first, now) = system.list_work().await.unwrap();
        let at = first[0].run_at.unwrap();
        assert!(at > now && at.since(now) <= 60 * MINUTE && at.micros() % 3_600_000_000 == 0, "{at} after {now}");
        assert_eq!(system.hasten_work("test.nightly", None).await.unwrap(), 1);
        let (hastened, now) = system.list_work().await.unwrap();
        assert!(hastened[0].run_at.unwrap() <= now);
        system.plan_work("test.nightly", "", 60 * MINUTE).await.unwrap();
        assert_eq!(system.list_work().await.unwrap().0, hastened);
        system.plan_work("test.nightly", "", 30 * MINUTE).await.unwrap();
        let (shorter, _) = system.list_work().await.unwrap();
        assert_eq!((shorter[0].every, shorter[0].run_at), (Some(30 * MINUTE), hastened[0].run_at));
    }

    async fn work_of_another_kind_or_subject_is_left_alone(it: Deployment) {
        let system = it.store.system();
        for (kind, subject) in [("test.one", "a"), ("test.one", "b"), ("test.other", "a")] {
            system.add_work(kind, subject, MINUTE).await.unwrap();
        }
        assert_eq!(system.claim_work(&["test.one", "test.other"], "me", MINUTE).await.unwrap(), None);
        assert!(system.next_work(&["test.one"]).await.unwrap().unwrap() > Duration::from_secs(50));
        assert_eq!(system.next_work(&["one", "test"]).await.unwrap(), None);
        assert_eq!(system.hasten_work("test.one", Some("b")).await.unwrap(), 1);
        assert_eq!(system.hasten_work("test.none", None).await.unwrap(), 0);
        assert_eq!(system.claim_work(&["test.other"], "me", MINUTE).await.unwrap(), None);
        let taken = system.claim_work(&["test.one", "test.other"], "me", MINUTE).await.unwrap().unwrap();
        assert_eq!((taken.kind.as_str(), taken.subject.as_str(), taken.attempts), ("test.one", "b", 1));
        assert!(system.end_work(&taken).await.unwrap());
        let (left, _) = system.list_work().await.unwrap();
        assert_eq!(left.len(), 2);
        // Of a new item of the same name nothing said about the old one is heard.
        system.add_work("test.one", "b", Duration::ZERO).await.unwrap();
        system.claim_work(&["test.one"], "me", MINUTE).await.unwrap().unwrap();
        assert!(!system.end_work(&taken).await.unwrap());
    }
}

//! Previewed writes: claimed once, approved where that was asked for, and taken back once.

use turnpike_store::{ApprovalState, Intent, NewApproval, NewPreview, PreviewRow, PreviewState, StoreError};

use crate::{
    deployment::on_both,
    samples::{NOW, approval, connected, id, intent, later, policy, preview, previewed},
};

on_both! {
    async fn a_preview_is_claimed_once_in_time_and_keeps_its_answer(it: Deployment) {
        let connection = connected(&it.ours).await;
        let (new, call) = (preview(connection), id());
        let open = previewed(&it.ours, &new).await;
        assert_eq!((open.state, open.call_id, &open.answer_json), (PreviewState::Open, None, &None));
        assert_eq!((&open.principal, &open.integration, &open.tool), (&new.principal, &new.integration, &new.tool));
        assert_eq!((&open.arguments_digest, &open.summary), (&new.arguments_digest, &new.summary));
        assert_eq!((&open.arguments_json, open.reverts, open.reverted_by), (&new.arguments_json, None, None));
        assert_eq!((&open.before_json, &open.after_json), (&new.before_json, &new.after_json));
        assert_eq!((open.created_at, open.expires_at, open.connection_id), (NOW, later(600), new.connection_id));

        let unclaimed = it.ours.finish_preview(new.id, PreviewState::Applied, None, NOW).await;
        assert!(matches!(unclaimed, Err(StoreError::NotFound { what: "claimed preview" })));
        let claim = async |call, started_at| {
            let intent = Intent { started_at, ..intent(connection, call) };
            it.ours.claim_preview(&open, &intent).await.unwrap()
        };
        assert!(!claim(call, later(600)).await, "its time is over");
        assert!(claim(call, later(599)).await);
        assert!(!claim(id(), later(599)).await, "it is taken");
        it.ours.finish_preview(new.id, PreviewState::Unknown, None, later(600)).await.unwrap();
        it.ours.finish_preview(new.id, PreviewState::Applied, Some("{}"), later(601)).await.unwrap();
        let done = it.ours.find_preview(new.id).await.unwrap().unwrap();
        assert_eq!((done.state, done.call_id, done.answer_json.as_deref()), (PreviewState::Applied, Some(call), Some("{}")));
        assert_eq!(done.updated_at, later(601));
        assert!(it.ours.finish_preview(new.id, PreviewState::Failed, None, later(602)).await.is_err(), "its end is known");
    }

    async fn a_change_is_taken_back_once_unless_that_fails(it: Deployment) {
        let connection = connected(&it.ours).await;
        let claim = async |preview: &PreviewRow| {
            it.ours.claim_preview(preview, &intent(connection, id())).await.unwrap()
        };
        let finish = async |id, state| it.ours.finish_preview(id, state, Some("{}"), later(1)).await.unwrap();
        let of = async |id| it.ours.find_preview(id).await.unwrap().unwrap();
        let change = previewed(&it.ours, &preview(connection)).await;
        let revert = || NewPreview { reverts: Some(change.id), ..preview(connection) };
        let (early, failing, good, late) = (revert(), revert(), revert(), revert());
        let [early, failing, good, late] =
            [previewed(&it.ours, &early).await, previewed(&it.ours, &failing).await, previewed(&it.ours, &good).await, previewed(&it.ours, &late).await];
        assert!(claim(&change).await);
        assert!(!claim(&early).await, "the change is not made yet");
        assert_eq!(of(early.id).await.state, PreviewState::Open, "all or nothing");
        finish(change.id, PreviewState::Applied).await;

        assert!(claim(&failing).await);
        assert_eq!(of(change.id).await.reverted_by, Some(failing.id));
        assert!(!claim(&good).await, "it is being taken back");
        finish(failing.id, PreviewState::Failed).await;
        assert_eq!(of(change.id).await.reverted_by, None);
        assert!(claim(&good).await);
        finish(good.id, PreviewState::Applied).await;
        assert!(!claim(&late).await, "it was taken back");
        assert_eq!((of(change.id).await.reverted_by, of(good.id).await.reverts), (Some(good.id), Some(change.id)));
    }

    async fn a_preview_that_waits_for_approval_is_claimed_once_it_has_it(it: Deployment) {
        let connection = connected(&it.ours).await;
        let [yes, no, late] =
            [previewed(&it.ours, &preview(connection)).await, previewed(&it.ours, &preview(connection)).await, previewed(&it.ours, &preview(connection)).await];
        let at = |seconds| Intent { started_at: later(seconds), ..intent(connection, id()) };
        let claim = async |preview, seconds| it.ours.claim_preview(preview, &at(seconds)).await.unwrap();
        let decide = async |asked: &NewApproval, state, seconds| {
            it.ours.decide_approval(asked.id, state, "ana", later(seconds), later(seconds + 86_400)).await.unwrap()
        };
        let (first, second, third) = (approval(yes.id), approval(no.id), approval(late.id));
        for asked in [&first, &second, &third, &approval(yes.id)] {
            it.ours.request_approval(asked).await.unwrap();
        }
        let row = it.ours.find_approval_of(yes.id).await.unwrap().unwrap();
        assert_eq!((row.id, &row.reason, row.state), (first.id, &first.reason, ApprovalState::Pending), "one for each preview");
        assert_eq!((row.requested_at, row.decided_by, row.decided_at), (NOW, None, None));
        assert!(!claim(&yes, 601).await, "nobody has approved");

        assert!(decide(&first, ApprovalState::Approved, 700).await);
        assert!(!decide(&first, ApprovalState::Denied, 701).await, "it is decided");
        assert!(decide(&second, ApprovalState::Denied, 700).await);
        assert!(!decide(&third, ApprovalState::Approved, 86_400).await, "its time is over");
        let row = it.ours.find_approval_of(yes.id).await.unwrap().unwrap();
        assert_eq!((row.state, row.decided_by.as_deref(), row.decided_at), (ApprovalState::Approved, Some("ana"), Some(later(700))));
        assert!(!claim(&no, 701).await, "it is denied");
        assert!(!claim(&late, 701).await, "it is pending");
        assert!(!claim(&yes, 87_100).await, "the time to confirm is over");
        assert!(claim(&yes, 87_099).await, "approval gives a day");

        let system = it.store.system();
        assert_eq!(system.find_approval(first.id).await.unwrap(), Some((it.our_id, row)));
        assert_eq!(system.find_approval(id()).await.unwrap(), None);
        let pending = system.list_approvals(None, Some(ApprovalState::Pending), 10).await.unwrap();
        assert_eq!(pending.iter().map(|(tenant, row)| (*tenant, row.id)).collect::<Vec<_>>(), [(it.our_id, third.id)]);
        assert_eq!(system.list_approvals(Some(it.their_id), None, 10).await.unwrap(), []);
        assert_eq!((system.list_approvals(Some(it.our_id), None, 10).await.unwrap().len(), system.list_approvals(None, None, 2).await.unwrap().len()), (3, 2));
    }

    async fn a_connection_has_the_policy_that_was_set_last(it: Deployment) {
        let connection = connected(&it.ours).await;
        assert_eq!(it.ours.find_write_policy(connection).await.unwrap(), None);
        for max_amount in [1, 2] {
            it.ours.set_write_policy(connection, &policy(max_amount)).await.unwrap();
            assert_eq!(it.ours.find_write_policy(connection).await.unwrap(), Some(policy(max_amount)));
        }
        assert!(matches!(it.ours.set_write_policy(id(), &policy(1)).await, Err(StoreError::NotFound { .. })));
    }
}

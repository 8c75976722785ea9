//! Calls become batches, each call in one.

use futures_util::future::join;
use turnpike_store::BatchState;

use crate::world::{DAY, HOUR, MINUTE, START, on_both};

on_both! {
    async fn an_hour_is_sealed_five_minutes_after_its_end(it: World) {
        let (tenant, _) = it.tenant().await;
        it.call(tenant, START, 4).await;
        it.call(tenant, START.plus(HOUR - MINUTE), 10).await;
        it.call(tenant, START.plus(HOUR), 1).await;
        it.call(tenant, START, 0).await;
        it.advance(HOUR + MINUTE * 4).await;
        assert_eq!(it.seal().await, 0);
        it.advance(MINUTE).await;
        assert_eq!(it.seal().await, 1);
        assert_eq!(it.seal().await, 0, "once");
        let batches = it.batches(tenant).await;
        let batch = &batches[0];
        assert_eq!((batch.window_start, batch.window_end), (START, START.plus(HOUR)));
        assert_eq!((batch.units, batch.calls, batch.sequence, batch.state), (14, 2, 0, BatchState::Sealed));
        let seconds = START.micros() / 1_000_000;
        assert_eq!(batch.identifier, format!("u1:{tenant}:{seconds}:0"));
    }

    async fn what_comes_late_is_the_next_batch_of_its_hour(it: World) {
        let (tenant, _) = it.tenant().await;
        it.call(tenant, START, 4).await;
        it.advance(HOUR * 2).await;
        it.seal().await;
        it.call(tenant, START, 3).await;
        it.advance(HOUR * 40).await;
        it.seal().await;
        let sealed: Vec<_> = it.batches(tenant).await.iter().map(|batch| (batch.window_start, batch.sequence, batch.units)).collect();
        assert_eq!(sealed, [(START, 0, 4), (START, 1, 3)]);
    }

    async fn a_process_that_starts_finds_what_was_left_for_weeks(it: World) {
        let (tenant, _) = it.tenant().await;
        it.seal().await;
        it.call(tenant, START.minus(DAY * 30), 3).await;
        it.advance(HOUR * 2).await;
        assert_eq!(it.seal().await, 0, "not looked for in every round");
        assert_eq!(it.another().await.seal_usage(it.now()).await.unwrap(), 1);
    }

    async fn a_process_that_starts_goes_on_two_days_before_the_last_round_of_all(it: World) {
        let (tenant, _) = it.tenant().await;
        it.call(tenant, START.minus(DAY * 30), 3).await;
        it.call(tenant, START.minus(DAY * 2), 4).await;
        let other = it.another().await;
        other.seal_from(Some(START.minus(DAY)));
        assert_eq!(other.seal_usage(it.now()).await.unwrap(), 1);
        assert_eq!(it.batches(tenant).await[0].units, 4);
    }

    async fn a_process_that_slept_for_days_seals_what_was_used_before(it: World) {
        let (tenant, _) = it.tenant().await;
        it.seal().await;
        it.call(tenant, START, 3).await;
        it.advance(DAY * 5).await;
        assert_eq!(it.seal().await, 1);
    }

    async fn no_batch_crosses_the_end_of_a_period(it: World) {
        let (tenant, _) = it.tenant().await;
        let mut subscription = it.subscription(None);
        subscription.period_end = START.plus(MINUTE * 30);
        it.rows(tenant).set_subscription(&subscription).await.unwrap();
        for (minute, units) in [(0, 1), (29, 2), (30, 4), (59, 8)] {
            it.call(tenant, START.plus(MINUTE * minute), units).await;
        }
        it.advance(MINUTE * 36).await;
        assert_eq!(it.seal().await, 1, "the end of a period is not waited for longer than that of an hour");
        // The next period has begun before the rest is sealed.
        (subscription.period_start, subscription.period_end) = (subscription.period_end, START.plus(DAY * 30));
        it.rows(tenant).set_subscription(&subscription).await.unwrap();
        it.advance(HOUR).await;
        assert_eq!(it.seal().await, 1);
        let sealed: Vec<_> = it.batches(tenant).await.iter().map(|batch| (batch.window_start, batch.window_end, batch.units)).collect();
        let border = START.plus(MINUTE * 30);
        assert_eq!(sealed, [(START, border, 3), (border, START.plus(HOUR), 12)]);
    }

    async fn two_workers_seal_each_call_once(it: World) {
        let (one, other) = (it.another().await, it.another().await);
        let mut tenants = vec![];
        for _ in 0..5 {
            let (tenant, _) = it.tenant().await;
            for hour in 0..3 {
                it.call(tenant, START.plus(HOUR * hour), 1 + i64::from(hour)).await;
            }
            tenants.push(tenant);
        }
        it.advance(HOUR * 4).await;
        let (one, other) = join(one.seal_usage(it.now()), other.seal_usage(it.now())).await;
        assert_eq!(one.unwrap() + other.unwrap(), 15);
        for tenant in tenants {
            let units: Vec<_> = it.batches(tenant).await.iter().map(|batch| batch.units).collect();
            assert_eq!(units, [1, 2, 3]);
        }
    }
}

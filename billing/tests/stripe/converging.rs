//! Events that come late, twice, out of order or never: in the end the rows are those of a deployment that heard all in order.

use turnpike_core::{Ambient, Entropy, TenantId};
use turnpike_store::{Invoice, InvoiceLine, Subscription};

use crate::world::{DAY, Delivered, World, choice};

/// How many random courses are run.
const SEEDS: u64 = 12;

impl World {
    /// Subscription and invoices, without what differs from one deployment to another.
    async fn books(&self, tenant: TenantId) -> (Option<Subscription>, Vec<(Invoice, Vec<InvoiceLine>)>) {
        let rows = self.store.tenant(tenant);
        let neutral = turnpike_core::Timestamp::default();
        let subscription = self.row(tenant).await;
        let subscription = subscription.map(|row| Subscription { created_at: neutral, updated_at: neutral, ..row });
        let mut invoices = vec![];
        for invoice in rows.list_invoices().await.unwrap() {
            let lines = rows.list_invoice_lines(invoice.id).await.unwrap();
            let id = uuid_of(&invoice);
            invoices.push((Invoice { id, updated_at: neutral, ..invoice }, lines));
        }
        invoices.sort_by(|one, other| one.0.external_id.cmp(&other.0.external_id));
        (subscription, invoices)
    }
}

fn uuid_of(_: &Invoice) -> turnpike_core::InvoiceId {
    "00000000-0000-0000-0000-000000000000".parse().unwrap()
}

struct Dice(Ambient);

impl Dice {
    fn roll(&self, sides: u64) -> u64 {
        u64::from_le_bytes(self.0.bytes()) % sides
    }

    fn shuffle<T>(&self, list: &mut [T]) {
        for place in (1..list.len()).rev() {
            let other = usize::try_from(self.roll(place as u64 + 1)).unwrap();
            list.swap(place, other);
        }
    }
}

#[tokio::test]
async fn late_doubled_shuffled_and_lost_events_come_to_the_same() {
    for seed in 0..SEEDS {
        let world = World::new().await;
        let dice = Dice(Ambient::new(world.clock.clone(), Entropy::seeded(seed)));
        let tenant = world.subscribed(["starter", "growth"][seed as usize % 2], seed % 3 == 0).await;
        let (mut told, mut steps) = (world.fake.events().len(), vec![]);
        for _ in 0..8 {
            let customer = world.row(tenant).await.unwrap().customer_id.unwrap();
            let step = dice.roll(7);
            steps.push(step);
            // What is refused (there is nothing left to change) is a step as well.
            match step {
                0 => drop(world.billing.change_plan(tenant, &choice("scale", dice.roll(2) == 0, 3)).await),
                1 => drop(world.billing.cancel(tenant).await),
                2 => drop(world.billing.keep_on(tenant).await),
                3 => world.fake.decline_cards(&customer, true),
                4 => world.fake.decline_cards(&customer, false),
                5 => world.use_units(&customer, 100 + i64::try_from(dice.roll(20_000)).unwrap()).await,
                _ => {}
            }
            world.advance(DAY * u32::try_from(dice.roll(12)).unwrap()).await;
            let events = world.fake.events();
            let mut news: Vec<_> = events[told..].to_vec();
            told = events.len();
            dice.shuffle(&mut news);
            for event in news {
                for _ in 0..[0, 1, 1, 2][usize::try_from(dice.roll(4)).unwrap()] {
                    world.hear(&event).await;
                }
            }
            if dice.roll(2) == 0 {
                world.billing.work_on_events().await.unwrap();
            }
        }
        world.billing.work_on_events().await.unwrap();
        world.billing.sweep_subscriptions().await.unwrap();

        let orderly = world.elsewhere(tenant).await;
        for event in world.fake.events() {
            orderly.hear(&event).await;
        }
        orderly.billing.work_on_events().await.unwrap();
        let (here, there) = (world.books(tenant).await, orderly.books(tenant).await);
        assert_eq!(here, there, "seed {seed}, steps {steps:?}");
        assert!(here.0.is_some() && !here.1.is_empty());
    }
}

#[tokio::test]
async fn without_any_event_the_sweep_finds_all() {
    let world = World::new().await;
    let tenant = world.tenant().await;
    world.completed(tenant, "starter", false).await;
    world.advance(40 * DAY).await;
    assert_eq!(world.row(tenant).await, None);
    world.billing.sweep_subscriptions().await.unwrap();
    let swept = world.books(tenant).await;
    world.follow().await;
    assert_eq!(world.books(tenant).await, swept);
    assert!(swept.0.is_some() && swept.1.len() > 1);
}

#[tokio::test]
async fn two_workers_at_once_store_what_came_last() {
    let world = World::new().await;
    let tenant = world.subscribed("starter", false).await;
    let other = world.another().await;
    for round in 0..10 {
        let step =
            if round % 2 == 0 { world.billing.cancel(tenant).await } else { world.billing.keep_on(tenant).await };
        step.unwrap();
        world.deliver_as(Delivered { twice: true, seed: Some(round) }).await;
        let (one, two) = tokio::join!(world.billing.work_on_events(), other.work_on_events());
        one.unwrap();
        two.unwrap();
        assert_eq!(world.row(tenant).await.unwrap().cancel_at.is_some(), round % 2 == 0);
    }
}

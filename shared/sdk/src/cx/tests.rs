use turnpike_core::{Ambient, Entropy, ManualClock, TenantId};

use super::*;

const NOW: Timestamp = Timestamp::from_micros(1_795_262_400_000_000);

struct Nowhere;

impl Egress for Nowhere {
    fn send(&self, _: Request) -> BoxFuture<'_, Result<Response, Fault>> {
        Box::pin(async { Err(Fault::new(turnpike_core::Class::Upstream, "nowhere")) })
    }
}

fn cx(handles: &Handles, connection: &Connection, tool: &'static str, principal: &str) -> Cx {
    Cx::new(CallScope {
        now: NOW,
        tool,
        principal: principal.into(),
        connection: Arc::new(connection.clone()),
        version: String::new(),
        egress: Arc::new(Nowhere),
        handles: handles.clone(),
    })
}

#[test]
fn a_job_goes_on_in_another_tool_and_for_nobody_else() {
    let clock = Arc::new(ManualClock::at(NOW));
    let ambient = Ambient::new(clock.clone(), Entropy::seeded(3));
    let handles = Handles::new(&ambient.bytes(), ambient.clone());
    let (ours, theirs): (TenantId, TenantId) = (ambient.id(), ambient.id());
    let connection =
        Connection { id: ambient.id(), tenant: ours, integration: "x".into(), sandbox: true, accounts: vec![] };
    let id = cx(&handles, &connection, "get_performance", "one").job(&7_u32);

    assert_eq!(cx(&handles, &connection, "get_job", "one").open_job::<u32>(&id).ok(), Some(7));
    let elsewhere = Connection { id: ambient.id(), ..connection.clone() };
    let foreign = Connection { tenant: theirs, ..connection.clone() };
    for (connection, principal) in [(&connection, "two"), (&elsewhere, "one"), (&foreign, "one")] {
        let error = cx(&handles, connection, "get_job", principal).open_job::<u32>(&id).unwrap_err();
        assert!(matches!(error, ToolError::Argument(error) if error.field == "job_id"));
    }
    let cursor = cx(&handles, &connection, "get_job", "one").cursor(&(), &7_u32);
    assert!(cx(&handles, &connection, "get_job", "one").open_job::<u32>(&JobId(cursor.0)).is_err());
    clock.advance(JOB_LIFE);
    assert!(cx(&handles, &connection, "get_job", "one").open_job::<u32>(&id).is_err());
}

//! Which tables and columns an export has, and which it has not.

/// A table of an export.
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) columns: &'static [Column],
    /// Selects them; `$1` is the tenant.
    pub(super) sql: &'static str,
}

/// A column of an export.
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
}

/// How a column is to be read.
pub(super) enum Kind {
    Text,
    Number,
    Flag,
    Instant,
    Hash,
    Json,
}

/// `table, where its tenant stands: column kind, …;`
macro_rules! tables {
    ($($table:ident, $tenant:ident: $first:ident $first_kind:ident $(, $column:ident $kind:ident)*;)*) => {
        &[$(Table {
            name: stringify!($table),
            columns: &[
                Column { name: stringify!($first), kind: Kind::$first_kind }
                $(, Column { name: stringify!($column), kind: Kind::$kind })*
            ],
            sql: concat!(
                "SELECT ", stringify!($first) $(, ", ", stringify!($column))*,
                " FROM ", stringify!($table), " WHERE ", stringify!($tenant), " = $1 ORDER BY ", stringify!($first)
            ),
        }),*]
    };
}

pub(super) const TABLES: &[Table] = tables![
    tenants, id: id Text, name Text, state Text, stale_answers Number, created_at Instant, plan Text, wanted Json,
        deleted_at Instant;
    members, tenant_id: person_id Text, role Text, groups Json, joined_at Instant;
    api_keys, tenant_id: id Text, name Text, hint Text, pepper_version Number, scopes Json, role Text, servers Json,
        allowed_ips Json, expires_at Instant, live Flag, created_at Instant, revoked_at Instant, last_used_at Instant;
    service_agents, tenant_id: id Text, name Text, hint Text, scopes Json, role Text, groups Json, live Flag,
        created_at Instant, expires_at Instant, last_used_at Instant, revoked_at Instant;
    grants, tenant_id: id Text, person_id Text, client_id Text, client_name Text, redirect_uri Text, resource Text,
        scopes Json, code_expires_at Instant, generation Number, rotated_at Instant, created_at Instant,
        expires_at Instant, last_used_at Instant, revoked_at Instant, revoked_for Text;
    connect_attempts, tenant_id: id Text, at Instant, step Text, client_id Text, client_name Text, error Text,
        description Text;
    connections, tenant_id: id Text, integration Text, sandbox Flag, accounts_json Json, offered_json Json, state Text,
        reason Text, predicted_end Instant, created_at Instant, updated_at Instant;
    credentials, tenant_id: connection_id Text, generation Number, key_version Number, access_expires_at Instant,
        refresh_started_at Instant, refresh_by Text, updated_at Instant, revoke_at Instant, revoke_tries Number,
        leased_at Instant;
    data_keys, tenant_id: version Number, provider Text, created_at Instant;
    authorizations, tenant_id: created_at Instant, integration Text, sandbox Flag, actor Text, expires_at Instant;
    mailed_links, tenant_id: id Text, purpose Text, email Text, content_json Json, made_by Text, created_at Instant,
        expires_at Instant, used_at Instant;
    visits, tenant_id: id Text, person_id Text, reason Text, created_at Instant, ends_at Instant;
    write_policies, tenant_id: connection_id Text, max_amount Number, max_rise_percent Number, approve_amount Number,
        approve_rise_percent Number, approve_starts Flag, set_by Text, set_at Instant;
    tool_policies, tenant_id: integration Text, tool Text, least_role Text, groups Json, set_by Text, set_at Instant;
    previews, tenant_id: id Text, connection_id Text, principal Text, grant_id Text, integration Text, tool Text,
        arguments_json Json, arguments_digest Text, reverts Text, reverted_by Text, before_json Json, after_json Json,
        summary Text, state Text, call_id Text, answer_json Json, created_at Instant, expires_at Instant, updated_at Instant;
    approvals, tenant_id: id Text, preview_id Text, reason Text, state Text, requested_at Instant, decided_by Text,
        decided_at Instant;
    write_intents, tenant_id: call_id Text, connection_id Text, principal Text, integration Text, tool Text,
        arguments_digest Text, started_at Instant;
    jobs, tenant_id: id Text, connection_id Text, principal Text, integration Text, tool Text, arguments_json Json,
        upstream_json Json, state Text, result_json Json, created_at Instant, poll_at Instant, expires_at Instant,
        updated_at Instant, delivered_by Text, delivered_at Instant;
    calls, tenant_id: call_id Text, connection_id Text, principal Text, grant_id Text, client Text, integration Text, tool Text,
        outcome Text, class Text, list_price Number, price Number, currency Text, units Number, price_version Number,
        started_at Instant, duration_micros Number, upstream_requests Number, answer_rows Number, steps Json, arguments_digest Text, trace_id Text, sandbox Flag;
    subscriptions, tenant_id: plan Text, price_version Number, yearly Flag, integrations Number, state Text,
        period_start Instant, period_end Instant, trial_ends_at Instant, cancel_at Instant, past_due_since Instant,
        cap_units Number, customer_id Text, external_id Text, created_at Instant, updated_at Instant;
    usage_batches, tenant_id: window_start Instant, sequence Number, window_end Instant, units Number, calls Number,
        state Text, identifier Text, sealed_at Instant, first_attempt_at Instant, attempts Number, next_attempt_at Instant,
        leased_until Instant, settled_at Instant, reason Text;
    batched_calls, tenant_id: call_id Text, window_start Instant, sequence Number;
    invoices, tenant_id: id Text, number Text, state Text, currency Text, plan Text, price_version Number,
        period_start Instant, period_end Instant, subtotal Number, tax Number, total Number, paid Number,
        issued_at Instant, due_at Instant, paid_at Instant, external_id Text, hosted_url Text, created_at Instant,
        updated_at Instant;
    invoice_lines, tenant_id: invoice_id Text, position Number, kind Text, description Text, quantity Number,
        unit_price Number, amount Number, since Instant, until Instant;
    money_events, tenant_id: external_id Text, invoice_id Text, kind Text, state Text, amount Number, currency Text,
        reason Text, at Instant, updated_at Instant;
    credits, tenant_id: id Text, kind Text, amount Number, currency Text, note Text, invoice_id Text, external_id Text,
        expires_at Instant, made_by Text, created_at Instant;
    notices, tenant_id: key Text, told Json, taken_until Instant, told_at Instant;
    call_arguments, tenant_id: call_id Text, arguments_json Json, expires_at Instant;
    audit_events, tenant_id: sequence Number, at Instant, actor Text, action Text, subject Text, details_json Json,
        hash Hash;
];

/// What an export does not have, and why.
pub(super) const LEFT_OUT: &[(&str, &str)] = &[
    ("api_keys.hash", "whoever has it could try keys against it"),
    ("authorizations.hash", "it stands for a person who is on the way back from a vendor"),
    ("authorizations.browser", "it stands for that person's browser"),
    ("credentials.sealed", "it opens accounts at vendors"),
    ("data_keys.wrapped", "it opens the credentials"),
    ("grants.code_challenge", "it stands for the program that waits for the answer"),
    ("grants.hash", "it stands for the answer"),
    ("mailed_links.hash", "it stands for the link"),
    ("service_agents.secret_hash", "whoever has it could try secrets against it"),
];

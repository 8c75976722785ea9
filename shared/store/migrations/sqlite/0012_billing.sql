-- What a call uses up of its tenant's plan, fixed when it is made; which version of the price book said so; and how many rows
-- its answer had, for vendors that charge by the row.
ALTER TABLE calls ADD COLUMN units INTEGER NOT NULL DEFAULT 0;
ALTER TABLE calls ADD COLUMN answer_rows INTEGER NOT NULL DEFAULT 0;
ALTER TABLE calls ADD COLUMN price_version INTEGER NOT NULL DEFAULT 0;

-- Versions of the price book: what the settings file said until somebody had subscribed or called, and what was set on the
-- console or by a command.
CREATE TABLE price_versions (
    version INTEGER NOT NULL PRIMARY KEY,
    book_json TEXT NOT NULL,
    effective_at INTEGER NOT NULL,
    note TEXT NOT NULL,
    set_by TEXT NOT NULL,
    set_at INTEGER NOT NULL
) STRICT;

-- What a tenant pays for. Its terms are the plan's in that version of the price book, whatever was offered since.
CREATE TABLE subscriptions (
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    plan TEXT NOT NULL,
    price_version INTEGER NOT NULL,
    yearly INTEGER NOT NULL,
    integrations INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('trialing', 'active', 'past_due', 'unpaid', 'incomplete', 'incomplete_expired', 'canceled', 'paused')),
    -- Of the usage: a month, also where the fee is for a year.
    period_start INTEGER NOT NULL,
    period_end INTEGER NOT NULL,
    trial_ends_at INTEGER,
    -- When it will end, or has.
    cancel_at INTEGER,
    past_due_since INTEGER,
    -- The tenant's own cap: units of a period beyond which it wants no calls.
    cap_units INTEGER,
    -- At the payment provider.
    customer_id TEXT,
    external_id TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (tenant_id)
) STRICT;

CREATE INDEX subscriptions_by_customer ON subscriptions (customer_id);

-- Usage of one tenant in one hour, or in the part of an hour that belongs to one period. A batch never changes what it sums up:
-- what comes late is the next batch of that hour.
CREATE TABLE usage_batches (
    tenant_id TEXT NOT NULL,
    window_start INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    window_end INTEGER NOT NULL,
    units INTEGER NOT NULL,
    calls INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('sealed', 'sending', 'accepted', 'rejected', 'uncertain', 'invoiced', 'written_off')),
    identifier TEXT NOT NULL,
    sealed_at INTEGER NOT NULL,
    first_attempt_at INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_attempt_at INTEGER NOT NULL,
    -- Who sends it, and until when nobody else may.
    leased_until INTEGER,
    settled_at INTEGER,
    reason TEXT,
    PRIMARY KEY (tenant_id, window_start, sequence)
) STRICT;

CREATE INDEX usage_batches_by_identifier ON usage_batches (identifier);
CREATE INDEX usage_batches_by_state ON usage_batches (state, next_attempt_at);

-- Which batch has counted a call. A call that costs nothing is in none, and none is in two.
CREATE TABLE batched_calls (
    tenant_id TEXT NOT NULL,
    call_id TEXT NOT NULL,
    window_start INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, call_id)
) STRICT;

CREATE INDEX batched_calls_by_batch ON batched_calls (tenant_id, window_start, sequence);

-- Books: they stay when a tenant is gone.
CREATE TABLE invoices (
    tenant_id TEXT NOT NULL,
    id TEXT NOT NULL,
    -- As it is printed; none while it is a draft.
    number TEXT,
    state TEXT NOT NULL CHECK (state IN ('draft', 'open', 'paid', 'void', 'uncollectible')),
    currency TEXT NOT NULL,
    plan TEXT,
    price_version INTEGER NOT NULL,
    period_start INTEGER NOT NULL,
    period_end INTEGER NOT NULL,
    subtotal INTEGER NOT NULL,
    tax INTEGER NOT NULL,
    total INTEGER NOT NULL,
    paid INTEGER NOT NULL,
    issued_at INTEGER,
    due_at INTEGER,
    paid_at INTEGER,
    -- At the payment provider, and its page there.
    external_id TEXT,
    hosted_url TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, external_id)
) STRICT;

CREATE UNIQUE INDEX invoices_by_number ON invoices (number);

CREATE TABLE invoice_lines (
    tenant_id TEXT NOT NULL,
    invoice_id TEXT NOT NULL,
    position INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('fee', 'usage', 'credit', 'adjustment')),
    description TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    unit_price INTEGER,
    amount INTEGER NOT NULL,
    -- What it is for; of a usage line: the calls begun then.
    since INTEGER NOT NULL,
    until INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, invoice_id, position),
    FOREIGN KEY (tenant_id, invoice_id) REFERENCES invoices (tenant_id, id)
) STRICT;

-- What happened to an invoice's money afterwards: each is recorded as the payment provider tells it.
CREATE TABLE money_events (
    tenant_id TEXT NOT NULL,
    external_id TEXT NOT NULL,
    invoice_id TEXT,
    kind TEXT NOT NULL CHECK (kind IN ('refund', 'credit_note', 'dispute')),
    state TEXT NOT NULL,
    amount INTEGER NOT NULL,
    currency TEXT NOT NULL,
    reason TEXT,
    at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, external_id)
) STRICT;

-- Prepaid or given credit: what was granted stands above nought, what an invoice took below.
CREATE TABLE credits (
    tenant_id TEXT NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('paid', 'promotional', 'applied', 'expired')),
    amount INTEGER NOT NULL,
    currency TEXT NOT NULL,
    note TEXT NOT NULL,
    invoice_id TEXT,
    external_id TEXT,
    expires_at INTEGER,
    made_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, id)
) STRICT;

-- What a tenant was told about its money, so that it is told once.
CREATE TABLE billing_notices (
    tenant_id TEXT NOT NULL,
    key TEXT NOT NULL,
    sent_at INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, key)
) STRICT;

-- What the payment provider has told us, as it came. Worked on after it was stored.
CREATE TABLE payment_events (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    -- The connected account that it is about.
    account TEXT,
    payload_json TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('received', 'done', 'unknown', 'failed')),
    attempts INTEGER NOT NULL DEFAULT 0,
    next_attempt_at INTEGER NOT NULL,
    reason TEXT,
    received_at INTEGER NOT NULL,
    settled_at INTEGER
) STRICT;

CREATE INDEX payment_events_by_state ON payment_events (state, next_attempt_at);

-- Each run of the proof that ledger, batches, payment provider and invoices agree.
CREATE TABLE proofs (
    id TEXT NOT NULL PRIMARY KEY,
    ran_at INTEGER NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL,
    differences INTEGER NOT NULL,
    report_json TEXT NOT NULL
) STRICT;

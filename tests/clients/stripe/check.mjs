// Stripe's own client against the fake of Stripe. Usage: node check.mjs PROGRAM, where PROGRAM is the example `serve`.
// Prints one line for each check, and last "N passed, N failed".

import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import assert from 'node:assert/strict';
import Stripe from 'stripe';
import { complaints } from './shapes.mjs';

const server = spawn(process.argv[2], { stdio: ['pipe', 'pipe', 'inherit'] });
const lines = createInterface({ input: server.stdout })[Symbol.asyncIterator]();
const hear = async () => JSON.parse((await lines.next()).value);
const order = async (what) => {
  server.stdin.write(`${JSON.stringify(what)}\n`);
  return hear();
};
const { url, key, meter_key: meterKey, read_key: readKey, now } = await hear();

const day = 24 * 60 * 60;
const { hostname, port } = new URL(url);
const client = (secret, more) =>
  new Stripe(secret, { host: hostname, port, protocol: 'http', maxNetworkRetries: 0, telemetry: false, ...more });
const stripe = client(key);

/** An answer as it came, not as the client reads it. */
async function raw(path) {
  const response = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${key}` } });
  assert.equal(response.status, 200, path);
  return response.json();
}

/** Everything in a list, or one object, looks as Stripe's types say. */
async function shaped(path) {
  const body = await raw(path);
  const objects = body.object === 'list' ? body.data : [body];
  assert.notEqual(objects.length, 0, `${path} is empty`);
  assert.deepEqual(objects.flatMap((object) => complaints(object.object, object)), []);
}

const refused = (promise, wanted) =>
  assert.rejects(promise, (error) => {
    for (const [name, value] of Object.entries(wanted)) assert.equal(error[name], value, `${name} of ${error.message}`);
    return true;
  });

const held = {};
const checks = {
  async 'a product, prices and a meter'() {
    const product = await stripe.products.create({ name: 'Managed integration', metadata: { plan: 'start' } });
    held.meter = await stripe.billing.meters.create({
      display_name: 'Units', event_name: 'units', default_aggregation: { formula: 'sum' },
    });
    held.fee = await stripe.prices.create({
      product: product.id, currency: 'usd', unit_amount: 9900, recurring: { interval: 'month' }, lookup_key: 'fee',
    });
    held.usage = await stripe.prices.create({
      product: product.id, currency: 'usd', billing_scheme: 'tiered', tiers_mode: 'graduated', lookup_key: 'usage',
      recurring: { interval: 'month', usage_type: 'metered', meter: held.meter.id },
      tiers: [
        { up_to: 10000, unit_amount: 0 },
        { up_to: 50000, unit_amount_decimal: Stripe.Decimal?.from('0.4') ?? '0.4' },
        { up_to: 'inf', unit_amount_decimal: Stripe.Decimal?.from('0.25') ?? '0.25' },
      ],
    });
    const found = await stripe.prices.list({ lookup_keys: ['usage'], expand: ['data.tiers'] });
    assert.deepEqual(found.data[0].tiers.map((tier) => String(tier.unit_amount_decimal)), ['0', '0.4', '0.25']);
    await shaped('/v1/products');
    await shaped('/v1/prices');
    await shaped('/v1/billing/meters');
  },
  async 'what Stripe refuses'() {
    await refused(client('sk_test_other').customers.list(), { type: 'StripeAuthenticationError', statusCode: 401 });
    await refused(client(readKey).customers.create({}), { type: 'StripePermissionError', statusCode: 403 });
    await refused(client(meterKey).customers.list(), { type: 'StripePermissionError', statusCode: 403 });
    await refused(stripe.customers.retrieve('cus_none'), { type: 'StripeInvalidRequestError', code: 'resource_missing', statusCode: 404 });
    await refused(stripe.prices.update(held.fee.id, { unit_amount: 1 }), { code: 'parameter_unknown', param: 'unit_amount' });
    await refused(stripe.products.create({}), { code: 'parameter_missing', param: 'name' });
    await refused(stripe.prices.create({ currency: 'usd', unit_amount: 1, product: held.fee.product, lookup_key: 'fee' }), { param: 'lookup_key' });
    await stripe.customers.create({ name: 'Once' }, { idempotencyKey: 'k1' });
    await refused(stripe.customers.create({ name: 'Other' }, { idempotencyKey: 'k1' }), { type: 'StripeIdempotencyError', statusCode: 400 });
  },
  async 'units are counted once'() {
    held.customer = await stripe.customers.create({
      name: 'Acme', email: 'money@acme.example', invoice_settings: undefined, metadata: { tenant: 't1' },
      address: { country: 'US', postal_code: '94107' },
    });
    const event = {
      event_name: 'units', identifier: 'u1', timestamp: now, payload: { stripe_customer_id: held.customer.id, value: '20000' },
    };
    const sent = await client(meterKey).billing.meterEvents.create(event);
    assert.deepEqual(complaints(sent.object, JSON.parse(JSON.stringify(sent))), []);
    await assert.rejects(stripe.billing.meterEvents.create(event), (error) => {
      assert.equal(error.type, 'StripeInvalidRequestError');
      assert.match(error.message, /^An event already exists with identifier u1/);
      assert.equal(error.headers['stripe-should-retry'], 'false');
      return true;
    });
    await stripe.billing.meterEvents.create({ ...event, identifier: 'u2' });
    const cancel = await stripe.billing.meterEventAdjustments.create({
      event_name: 'units', type: 'cancel', cancel: { identifier: 'u2' },
    });
    assert.equal(cancel.status, 'pending');
    const window = { customer: held.customer.id, start_time: now, end_time: now + 3600, value_grouping_window: 'hour' };
    const summaries = await stripe.billing.meters.listEventSummaries(held.meter.id, window);
    assert.deepEqual(summaries.data.map((summary) => summary.aggregated_value), [20000]);
    await refused(stripe.billing.meters.listEventSummaries(held.meter.id, { ...window, start_time: now + 60 }), { param: 'start_time' });
    await shaped(`/v1/billing/meters/${held.meter.id}/event_summaries?customer=${held.customer.id}&start_time=${now}&end_time=${now + 3600}`);
    await shaped('/v1/customers');
  },
  async 'somebody pays on the Checkout page'() {
    const session = await stripe.checkout.sessions.create({
      mode: 'subscription', ui_mode: 'hosted_page', customer: held.customer.id, client_reference_id: 't1',
      line_items: [{ price: held.fee.id, quantity: 2 }, { price: held.usage.id }],
      subscription_data: { metadata: { tenant: 't1' }, billing_mode: { type: 'flexible' } },
      allow_promotion_codes: true, automatic_tax: { enabled: true },
      success_url: 'http://app.example/done?session={CHECKOUT_SESSION_ID}', cancel_url: 'http://app.example/back',
    });
    await shaped('/v1/checkout/sessions');
    const paid = await fetch(session.url, { method: 'POST', redirect: 'manual', body: new URLSearchParams({ action: 'pay' }) });
    assert.equal(paid.headers.get('location'), `http://app.example/done?session=${session.id}`);
    const after = await stripe.checkout.sessions.retrieve(session.id, { expand: ['subscription', 'line_items'] });
    assert.deepEqual([after.status, after.payment_status, after.line_items.data.length], ['complete', 'paid', 2]);
    held.subscription = after.subscription;
    assert.deepEqual([held.subscription.status, held.subscription.metadata.tenant], ['active', 't1']);
    await shaped('/v1/checkout/sessions');
    await shaped('/v1/subscriptions');
    await shaped(`/v1/subscription_items?subscription=${held.subscription.id}`);
    await shaped('/v1/invoices');
    await shaped('/v1/charges');
    await shaped('/v1/invoice_payments');
  },
  async 'credit pays for units on the invoice'() {
    await stripe.billing.creditGrants.create({
      customer: held.customer.id, category: 'promotional', amount: { type: 'monetary', monetary: { currency: 'usd', value: 1500 } },
      applicability_config: { scope: { price_type: 'metered' } },
    });
    const preview = await stripe.invoices.createPreview({ subscription: held.subscription.id });
    assert.deepEqual(preview.lines.data.map((line) => line.amount), [19800, 0, 4000]);
    await stripe.invoiceItems.create({ customer: held.customer.id, amount: 500, currency: 'usd', description: 'Late units' });
    await order({ advance: now + 30 * day + 3600 });
    const { data: [invoice] } = await stripe.invoices.list({ subscription: held.subscription.id, limit: 1 });
    assert.deepEqual(invoice.lines.data.map((line) => line.amount), [19800, 0, 4000, 500]);
    assert.deepEqual([invoice.status, invoice.subtotal, invoice.total_excluding_tax, invoice.total], ['paid', 24300, 22800, 25080]);
    held.invoice = invoice;
    await shaped('/v1/invoices');
    await shaped('/v1/invoiceitems');
    await shaped('/v1/billing/credit_grants');
    await shaped(`/v1/billing/credit_balance_summary?customer=${held.customer.id}&filter[type]=applicability_scope&filter[applicability_scope][price_type]=metered`);
  },
  async 'money goes back'() {
    await stripe.creditNotes.create({ invoice: held.invoice.id, amount: 1000, refund_amount: 1000 });
    await shaped('/v1/credit_notes');
    await shaped('/v1/refunds');
  },
  async 'a coupon, another quantity, a pause of mind and an end'() {
    const coupon = await stripe.coupons.create({ percent_off: 25, duration: 'once' });
    const code = await stripe.promotionCodes.create({ promotion: { type: 'coupon', coupon: coupon.id }, code: 'SAVE25' });
    const item = held.subscription.items.data[0].id;
    const id = held.subscription.id;
    const changed = await stripe.subscriptions.update(id, {
      items: [{ id: item, quantity: 1 }], proration_behavior: 'none', discounts: [{ promotion_code: code.id }],
    });
    assert.equal(changed.items.data[0].quantity, 1);
    assert.equal((await stripe.subscriptions.update(id, { cancel_at_period_end: true })).cancel_at_period_end, true);
    assert.equal((await stripe.subscriptions.update(id, { cancel_at_period_end: false })).cancel_at, null);
    await shaped(`/v1/subscriptions/${id}?expand[]=discounts`);
    await shaped(`/v1/coupons/${coupon.id}`);
    await shaped('/v1/promotion_codes');
    const portal = await stripe.billingPortal.sessions.create({ customer: held.customer.id, return_url: 'http://app.example/' });
    assert.deepEqual(complaints(portal.object, JSON.parse(JSON.stringify(portal))), []);
    assert.match(await (await fetch(portal.url)).text(), /Cancel subscription/);
    assert.equal((await stripe.subscriptions.cancel(id)).status, 'canceled');
  },
  async 'a test clock'() {
    const clock = await stripe.testHelpers.testClocks.create({ frozen_time: now + 31 * day });
    const moved = await stripe.testHelpers.testClocks.advance(clock.id, { frozen_time: now + 32 * day });
    assert.equal(moved.status, 'ready');
    await shaped('/v1/test_helpers/test_clocks');
  },
  async 'signatures are those of Stripe'() {
    const secret = 'whsec_check';
    await stripe.billing.meterEvents.create({
      event_name: 'units', identifier: 'lost', payload: { stripe_customer_id: 'cus_none', value: '1' },
    });
    const got = [];
    const receiver = createServer((request, response) => {
      const parts = [];
      request.on('data', (part) => parts.push(part));
      request.on('end', () => {
        got.push([Buffer.concat(parts).toString(), request.headers['stripe-signature']]);
        response.end();
      });
    });
    await new Promise((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    const { now: at, delivered } = await order({ webhooks: `http://127.0.0.1:${receiver.address().port}/`, secret });
    receiver.close();
    assert.equal(got.length, delivered);
    const types = new Set();
    for (const [body, header] of got) {
      assert.equal(header, stripe.webhooks.generateTestHeaderString({ payload: body, secret, timestamp: at }));
      const event = JSON.parse(body);
      types.add(event.type);
      if (event.object === 'v2.core.event') {
        stripe.parseEventNotification(body, header, secret, 300, undefined, at * 1000);
      } else {
        stripe.webhooks.constructEvent(body, header, secret, 300, undefined, at * 1000);
        assert.deepEqual(complaints(event.data.object.object, event.data.object), [], event.type);
      }
    }
    for (const wanted of ['checkout.session.completed', 'customer.subscription.deleted', 'invoice.paid', 'charge.refunded', 'v1.billing.meter.error_report_triggered']) {
      assert.ok(types.has(wanted), wanted);
    }
  },
};

let failed = 0;
for (const [name, check] of Object.entries(checks)) {
  try {
    await check();
    console.log(`ok      ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED  ${name}: ${error.message}`);
  }
}
server.stdin.end();
console.log(`stripe: ${Object.keys(checks).length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

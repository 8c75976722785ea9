// What each kind of object must look like, by Stripe's own types. Read by shapes.mjs.
import type { Stripe } from 'stripe';

export interface Kinds {
  'billing.credit_balance_summary': Stripe.Billing.CreditBalanceSummary;
  'billing.credit_grant': Stripe.Billing.CreditGrant;
  'billing.meter': Stripe.Billing.Meter;
  'billing.meter_event': Stripe.Billing.MeterEvent;
  'billing.meter_event_adjustment': Stripe.Billing.MeterEventAdjustment;
  'billing.meter_event_summary': Stripe.Billing.MeterEventSummary;
  'billing_portal.session': Stripe.BillingPortal.Session;
  charge: Stripe.Charge;
  'checkout.session': Stripe.Checkout.Session;
  coupon: Stripe.Coupon;
  credit_note: Stripe.CreditNote;
  customer: Stripe.Customer;
  discount: Stripe.Discount;
  dispute: Stripe.Dispute;
  invoice: Stripe.Invoice;
  invoice_payment: Stripe.InvoicePayment;
  invoiceitem: Stripe.InvoiceItem;
  price: Stripe.Price;
  product: Stripe.Product;
  promotion_code: Stripe.PromotionCode;
  refund: Stripe.Refund;
  subscription: Stripe.Subscription;
  subscription_item: Stripe.SubscriptionItem;
  'test_helpers.test_clock': Stripe.TestHelpers.TestClock;
}

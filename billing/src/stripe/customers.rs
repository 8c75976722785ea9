//! Customers at Stripe: one for each tenant, known by its metadata.

use std::collections::HashMap;

use stripe_core::customer::{CreateCustomer, ListCustomer, RetrieveCustomer, RetrieveCustomerReturned};
use turnpike_core::TenantId;

use super::{Failure, Stripe};
use crate::{Billing, BillingError, Customer};

/// Under this key objects of Stripe name their tenant.
pub(super) const TENANT: &str = "tenant_id";

impl Stripe {
    /// The tenant's customer; made if there is none.
    pub(super) async fn seed_customer(
        &self,
        tenant: TenantId,
        known: Option<&str>,
        customer: &Customer,
    ) -> Result<String, Failure> {
        if let Some(id) = known
            && self.find_customer(id).await?.is_some()
        {
            return Ok(id.to_owned());
        }
        let list = ListCustomer::new().email(customer.email.as_str()).limit(100);
        let of_tenant = |metadata: &HashMap<String, String>| metadata.get(TENANT) == Some(&tenant.to_string());
        let found = self.client().get(&list).await?.data.into_iter();
        let found =
            found.filter(|found| found.metadata.as_ref().is_some_and(of_tenant)).min_by_key(|found| found.created);
        if let Some(found) = found {
            return Ok(found.id.to_string());
        }
        let create = CreateCustomer::new()
            .name(customer.name.as_str())
            .email(customer.email.as_str())
            .metadata(HashMap::from([(TENANT.to_owned(), tenant.to_string())]));
        // A key that two clicks share. One customer too many does no harm: only that which subscribes is ever charged.
        let key = format!("customer:{tenant}:{}:{}:{}", known.unwrap_or("none"), customer.email, customer.name);
        let key: String = key.chars().filter(char::is_ascii_graphic).take(200).collect();
        Ok(self.client().write(&create, &key).await?.id.to_string())
    }

    /// A customer's metadata; none if there is no such customer, or none any more.
    pub(super) async fn find_customer(&self, id: &str) -> Result<Option<HashMap<String, String>>, Failure> {
        match self.read_client().get(&RetrieveCustomer::new(id)).await {
            Ok(RetrieveCustomerReturned::Customer(customer)) => Ok(Some(customer.metadata.unwrap_or_default())),
            Ok(RetrieveCustomerReturned::DeletedCustomer(_)) => Ok(None),
            Err(failure) if failure.is_missing() => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// Whose an object is: its metadata says so, or its customer's subscription with us, or the customer's metadata. None where it
    /// is none of ours: an account may serve for other things as well.
    pub(super) async fn find_tenant(
        &self,
        billing: &Billing,
        metadata: Option<&HashMap<String, String>>,
        customer: Option<&str>,
    ) -> Result<Option<TenantId>, BillingError> {
        let system = billing.0.store.system();
        let read = |metadata: &HashMap<String, String>| metadata.get(TENANT).and_then(|id| id.parse::<TenantId>().ok());
        let mut tenant = metadata.and_then(read);
        if let (None, Some(customer)) = (tenant, customer) {
            tenant = match system.find_subscription_of_customer(customer).await? {
                Some((tenant, _)) => Some(tenant),
                None => self.find_customer(customer).await?.as_ref().and_then(read),
            };
        }
        match tenant {
            Some(tenant) => Ok(system.find_tenant(tenant).await?.map(|found| found.id)),
            None => Ok(None),
        }
    }
}

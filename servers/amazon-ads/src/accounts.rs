//! Which profiles a fresh connection reaches: those of all three regions, for the grant is good in each.

use turnpike_core::{AccountId, Class};
use turnpike_sdk::{Account, BoxFuture, Cx, Region, Request, ToolError, join_all};

use crate::{api::Profile, manifest::MANIFEST};

/// Amazon lists no more profiles than this, and has no pages.
const MOST: usize = 5_000;

/// Finds the profiles. A region that does not answer takes nothing away from the others, and is told of.
pub(crate) fn find(cx: Cx) -> BoxFuture<'static, Result<Vec<Account>, ToolError>> {
    Box::pin(async move {
        let regions = MANIFEST.regions;
        let lists = join_all(regions.iter().map(|region| list(&cx, region))).await;
        let (mut accounts, mut failed) = (vec![], vec![]);
        for (region, list) in regions.iter().zip(lists) {
            match list {
                Ok(found) => accounts.extend(found),
                // The grant is the same in each region: there is nothing to be had from the others either.
                Err(error) if is_of_the_grant(&error) => return Err(error),
                Err(error) => failed.push((region.name, error)),
            }
        }
        for (region, error) in &failed {
            cx.warn(&format!(
                "the Amazon Ads profiles of the region {region} were not found and are missing ({error}); connect again \
                 when it answers"
            ));
        }
        match failed.into_iter().next() {
            Some((_, error)) if accounts.is_empty() => Err(error),
            None if accounts.is_empty() => Err(nothing()),
            _ => Ok(accounts),
        }
    })
}

async fn list(cx: &Cx, region: &Region) -> Result<Vec<Account>, ToolError> {
    let mut request = Request::get("/v2/profiles").region(region.name).counted_as("profiles");
    // What may be viewed can be reported on; whether it may be changed Amazon says when it is.
    request.query = vec![("apiProgram", "campaign".into()), ("accessLevel", "view".into())];
    let found: Vec<Profile> = cx.send(request).await?.json()?;
    if found.len() >= MOST {
        cx.warn(&format!("Amazon lists no more than {MOST} profiles, and cut them in the region {}", region.name));
    }
    Ok(found.into_iter().filter(Profile::has_campaigns).map(|profile| profile.into_account(region)).collect())
}

fn is_of_the_grant(error: &ToolError) -> bool {
    matches!(error, ToolError::Upstream(fault) if matches!(fault.class, Class::AuthExpired | Class::AuthRevoked))
}

fn nothing() -> ToolError {
    ToolError::Refused {
        reason: "the connected Amazon user reaches no advertiser's profile in any region".into(),
        next_step:
            "Let the advertiser invite this user in the Amazon Ads console, or sign in as another, then connect \
            again."
                .into(),
    }
}

impl Profile {
    /// Agencies' profiles are for the demand-side platform and hold no Sponsored Products.
    fn has_campaigns(&self) -> bool {
        self.account_info.kind != "agency"
    }

    fn into_account(self, region: &Region) -> Account {
        Account {
            id: AccountId::new(self.profile_id.to_string()),
            // An advertiser has a profile of the same name in each marketplace.
            name: format!("{} ({})", self.account_info.name, self.country_code),
            currency: self.currency_code,
            time_zone: self.timezone,
            manager: false,
            via: None,
            region: Some(region.name.to_owned()),
        }
    }
}

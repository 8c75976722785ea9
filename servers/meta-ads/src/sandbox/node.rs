//! `/{id}` and `/?ids=…`: things by their ids, wherever they are.

use serde_json::{Map, Value};

use super::{params::Params, refusal::Refusal, world::World};

/// Ids in one request.
const MOST: usize = 50;

/// `GET /{id}`
pub(super) fn one(world: &mut World, id: &str, params: &mut Params) -> Result<Value, Refusal> {
    let fields = params.take_fields()?;
    params.end()?;
    find(world, id, &fields)?.ok_or_else(|| Refusal::missing("get", id))
}

/// `GET /?ids=…`: one that is missing fails them all.
pub(super) fn several(world: &mut World, params: &mut Params) -> Result<Value, Refusal> {
    let fields = params.take_fields()?;
    let ids = params
        .take("ids")
        .filter(|ids| !ids.is_empty())
        .ok_or_else(|| Refusal::param("The parameter ids is required"))?;
    params.end()?;
    let ids: Vec<&str> = ids.split(',').collect();
    if ids.len() > MOST {
        return Err(Refusal::param(format!("Too many IDs. Maximum: {MOST}")));
    }
    let mut answer = Map::new();
    for id in ids {
        let aliases = || Refusal::new(803, format!("(#803) Some of the aliases you requested do not exist: {id}"));
        answer.insert(id.to_owned(), find(world, id, &fields)?.ok_or_else(aliases)?);
    }
    Ok(Value::Object(answer))
}

/// In any account that the system user is assigned to: Meta does not know which of them a tenant is meant to reach.
fn find(world: &mut World, id: &str, fields: &[String]) -> Result<Option<Value>, Refusal> {
    let Ok(id) = id.parse::<u64>() else { return Ok(None) };
    let mut accounts = world.ours();
    let found = accounts.find_map(|account| {
        let account = &*account;
        account.things().find(|thing| thing.id() == id).map(|thing| account.show(thing, fields))
    });
    found.transpose()
}

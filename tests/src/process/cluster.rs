//! Several processes of one deployment, each of which may be killed and started again at any moment.

use std::sync::{Mutex, MutexGuard, PoisonError};

use turnpike_core::{Ambient, Timestamp};

use super::{Deployment, Server, random_below};

/// Gateways on one database. A process has a name of its own, and its successor another.
pub struct Cluster {
    deployment: Deployment,
    /// What a process of this name is told beyond the settings file.
    variables: fn(&str, &str) -> Vec<(&'static str, String)>,
    context: String,
    places: Mutex<Vec<Place>>,
}

/// Where a process runs, one after the other.
#[derive(Default)]
struct Place {
    starts: u32,
    server: Option<Server>,
}

/// How a process ended.
#[derive(Debug, Clone)]
pub struct Death {
    /// The process's name.
    pub name: String,
    /// When it was killed.
    pub at: Timestamp,
}

impl Cluster {
    /// Starts so many gateways. `variables` says what each is told beyond the settings file, of its name and of `context`.
    pub async fn start(
        deployment: Deployment,
        gateways: usize,
        context: String,
        variables: fn(&str, &str) -> Vec<(&'static str, String)>,
    ) -> Self {
        let places = (0..gateways).map(|_| Place::default()).collect();
        let cluster = Self { deployment, variables, context, places: Mutex::new(places) };
        futures_util::future::join_all((0..gateways).map(|place| cluster.restart(place))).await;
        cluster
    }

    /// The deployment that they serve.
    pub fn deployment(&self) -> &Deployment {
        &self.deployment
    }

    /// How many places there are.
    pub fn size(&self) -> usize {
        self.places().len()
    }

    /// The address of a process that runs now, any of them.
    pub fn address(&self) -> String {
        let places = self.places();
        let running: Vec<_> = places.iter().filter_map(|place| place.server.as_ref()).collect();
        running[below(running.len())].url.clone()
    }

    /// The address of the process in a place, if one runs there.
    pub fn address_of(&self, place: usize) -> Option<String> {
        self.places()[place].server.as_ref().map(|server| server.url.clone())
    }

    /// Any place.
    pub fn any(&self) -> usize {
        below(self.size())
    }

    /// The place of the process of this name, while it runs.
    pub fn place_of(&self, name: &str) -> Option<usize> {
        let place = name_parts(name)?;
        let places = self.places();
        let found = places.get(place)?;
        (found.server.is_some() && name_of(place, found.starts) == name).then_some(place)
    }

    /// Ends the process in a place as `kill -9` does; `None` when none runs there.
    pub fn kill(&self, place: usize) -> Option<Death> {
        let (server, name) = {
            let mut places = self.places();
            let found = &mut places[place];
            (found.server.take()?, name_of(place, found.starts))
        };
        let at = Ambient::system().now();
        server.kill();
        Some(Death { name, at })
    }

    /// Starts a process in a place, under a new name.
    pub async fn restart(&self, place: usize) {
        let name = {
            let mut places = self.places();
            places[place].starts += 1;
            name_of(place, places[place].starts)
        };
        let variables = (self.variables)(&name, &self.context);
        let variables: Vec<_> = variables.iter().map(|(key, value)| (*key, value.as_str())).collect();
        let server = self.deployment.serve_with(&variables).await;
        self.places()[place].server = Some(server);
    }

    /// What all processes that run now have logged.
    pub fn log(&self) -> String {
        self.places().iter().filter_map(|place| place.server.as_ref()).map(Server::log).collect()
    }

    fn places(&self) -> MutexGuard<'_, Vec<Place>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn name_of(place: usize, starts: u32) -> String {
    format!("gateway-{place}-{starts}")
}

fn name_parts(name: &str) -> Option<usize> {
    name.strip_prefix("gateway-")?.split('-').next()?.parse().ok()
}

fn below(end: usize) -> usize {
    usize::try_from(random_below(u16::try_from(end).unwrap())).unwrap()
}

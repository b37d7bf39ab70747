//! For tests: exponential servers with a queue each, as the Markov chain of their lengths.

use crate::ids::{FunctionId, HostId};
use crate::rng::Stream;

use super::view::View;

/// Hosts with so many requests each.
#[derive(Clone, Debug)]
pub(super) struct Servers {
    pub(super) loads: Vec<u32>,
    pub(super) total: u64,
    pub(super) up: Vec<bool>,
    /// Hosts with a free core and room.
    pub(super) free: Vec<bool>,
    /// Hosts with memory.
    pub(super) memory: Vec<bool>,
    /// Hosts with an idle sandbox, by function.
    pub(super) warm: Vec<(HostId, FunctionId)>,
    busy: Vec<u32>,
    place: Vec<u32>,
}

impl View for Servers {
    fn hosts(&self) -> u32 {
        self.loads.len() as u32
    }
    fn load(&self, host: HostId) -> u32 {
        self.loads[host.index()]
    }
    fn is_warm(&self, host: HostId, function: FunctionId) -> bool {
        self.warm.contains(&(host, function))
    }
    fn can_take(&self, host: HostId) -> bool {
        self.up[host.index()] && self.free[host.index()]
    }
    fn is_up(&self, host: HostId) -> bool {
        self.up[host.index()]
    }
    fn has_memory(&self, host: HostId) -> bool {
        self.memory[host.index()]
    }
    fn total_load(&self) -> u64 {
        self.total
    }
}

impl Servers {
    pub(super) fn new(hosts: u32) -> Self {
        Self::with_loads(&vec![0; hosts as usize])
    }

    pub(super) fn with_loads(loads: &[u32]) -> Self {
        let mut servers = Self {
            loads: vec![0; loads.len()],
            total: 0,
            up: vec![true; loads.len()],
            free: vec![true; loads.len()],
            memory: vec![true; loads.len()],
            warm: Vec::new(),
            busy: Vec::new(),
            place: vec![0; loads.len()],
        };
        for (host, &load) in loads.iter().enumerate() {
            for _ in 0..load {
                servers.arrive(HostId::new(host as u32));
            }
        }
        servers
    }

    pub(super) fn arrive(&mut self, host: HostId) {
        let load = &mut self.loads[host.index()];
        if *load == 0 {
            self.place[host.index()] = self.busy.len() as u32;
            self.busy.push(host.raw());
        }
        *load += 1;
        self.total += 1;
    }

    /// One request less, whether it has run or another host has taken it.
    pub(super) fn depart(&mut self, host: HostId) {
        self.loads[host.index()] -= 1;
        self.total -= 1;
        if self.loads[host.index()] == 0 {
            let place = self.place[host.index()];
            self.busy.swap_remove(place as usize);
            if let Some(&moved) = self.busy.get(place as usize) {
                self.place[moved as usize] = place;
            }
        }
    }
}

/// A rule under test.
pub(super) trait Rule {
    fn choose(&mut self, view: &Servers, stream: &mut Stream) -> Option<HostId>;
    /// `host` has just finished a request.
    fn departed(&mut self, _servers: &mut Servers, _host: HostId, _stream: &mut Stream) {}
}

impl<F: FnMut(&Servers, &mut Stream) -> Option<HostId>> Rule for F {
    fn choose(&mut self, view: &Servers, stream: &mut Stream) -> Option<HostId> {
        self(view, stream)
    }
}

/// The mean response time in units of the mean service time: Poisson arrivals at `load` per host, exponential service,
/// from empty. By Little's law: requests present between `warm_up` and `end` (mean service times), integrated, over
/// those that arrive in that time.
pub(super) fn mean_response(
    hosts: u32,
    load: f64,
    (warm_up, end): (f64, f64),
    stream: &mut Stream,
    mut rule: impl Rule,
) -> f64 {
    let mut servers = Servers::new(hosts);
    let arrivals = load * f64::from(hosts);
    let (mut now, mut area, mut arrived) = (0.0, 0.0, 0_u32);
    while now < end {
        let rate = arrivals + servers.busy.len() as f64;
        let step = stream.exponential() / rate;
        let counted = if now >= warm_up { step } else { (now + step - warm_up).max(0.0) };
        area += servers.total as f64 * counted;
        now += step;
        let event = stream.uniform() * rate;
        if event < arrivals {
            let host = rule.choose(&servers, stream).expect("all hosts are up");
            servers.arrive(host);
            arrived += u32::from(now >= warm_up);
        } else {
            let one = ((event - arrivals) as usize).min(servers.busy.len() - 1);
            let host = HostId::new(servers.busy[one]);
            servers.depart(host);
            rule.departed(&mut servers, host, stream);
        }
    }
    area / f64::from(arrived)
}

//! Who shares with whom: sides of ports, classes of flows between two sides, and groups of classes of one rate.
//!
//! Of the two sides of a class one is its *hub*, the one with more classes when the class appeared; the other is its
//! *low* side. What a class could have apart from the hub's share, `r = min(C_low / n_low, cap)`, changes only with the low
//! side, which has few classes: they are placed anew then. The classes of a hub with equal `r` are a group, which moves at
//! `min(C_hub / n_hub, r)`: a hub keeps its groups in order of `r`, the free ones (`r` is less) with a clock of their own
//! each, the bound ones on the clock of the hub. A change of the hub's share moves the border between them, and touches
//! neither classes nor flows. So clocks nest: flows finish on the clock of their class, which is that of the group but for
//! an offset; so does the group's to the hub's; and offsets are exact.

use super::clock::{Clock, NEVER, Rate};
use super::heaps::{Heaps, NONE, is_before};

/// One direction of a port.
#[derive(Clone, Debug)]
pub(super) struct Side {
    /// Bits per second, as it is now.
    pub capacity: u64,
    pub flows: u32,
    /// How many of `groups` are free.
    free_groups: u32,
    /// Of the bound groups.
    clock: Clock,
    /// Heap of the bound groups, by this side's clock.
    bound: u32,
    /// Heap of the free groups, by time.
    free: u32,
    /// The groups of which it is the hub, in order of rate.
    groups: Vec<(Rate, u32)>,
    /// Classes whose hub is the other side.
    low: Vec<u32>,
    /// Classes whose hub this is.
    high: Vec<u32>,
    touched: bool,
    /// Whether it is in the heap of sides.
    listed: bool,
}

/// Flows between the same two sides with the same cap.
#[derive(Clone, Copy, Debug)]
struct Class {
    /// The reading of its clock is that of its group, and this.
    offset: u128,
    /// Sum of the readings at which its flows began.
    starts: u128,
    /// Bits per second.
    cap: u64,
    hub: u32,
    low: u32,
    from_hub: bool,
    count: u32,
    /// Heap of its flows, by its clock.
    flows: u32,
    group: u32,
    /// Where it stands in `high` of its hub and in `low` of its low side.
    places: [u32; 2],
}

/// Classes of one hub with one rate.
#[derive(Clone, Copy, Debug)]
struct Group {
    pace: Pace,
    rate: Rate,
    hub: u32,
    /// Heap of its classes, by its clock.
    classes: u32,
    /// Whether it is in a heap of its hub.
    listed: bool,
}

#[derive(Clone, Copy, Debug)]
enum Pace {
    /// Free: at the group's rate.
    Own(Clock),
    /// Bound: the hub's clock, and this.
    Hub(u128),
}

const _: () = assert!(size_of::<Side>() <= 176 && size_of::<Class>() <= 80 && size_of::<Group>() <= 80);

/// From one side to another, each flow at most at a cap in bits per second.
#[derive(Clone, Copy, Debug)]
pub(super) struct Path {
    pub from: u32,
    pub to: u32,
    pub cap: u64,
}

/// All sides, and the flows that pass them. Flows are numbers that the owner gives.
#[derive(Clone, Debug)]
pub(super) struct Sharing {
    /// Time up to which the state holds, in fixed point.
    pub at: u128,
    pub sides: Vec<Side>,
    classes: Vec<Class>,
    groups: Vec<Group>,
    spare_classes: Vec<u32>,
    spare_groups: Vec<u32>,
    pub flows: Heaps,
    by_class: Heaps,
    by_group: Heaps,
    by_side: Heaps,
    /// Heap of the sides that are hubs, by the time of the first departure.
    first: u32,
    touched: Vec<u32>,
}

impl Side {
    pub const fn new(capacity: u64) -> Self {
        Self {
            capacity,
            flows: 0,
            free_groups: 0,
            clock: Clock { at: 0, value: 0 },
            bound: NONE,
            free: NONE,
            groups: Vec::new(),
            low: Vec::new(),
            high: Vec::new(),
            touched: false,
            listed: false,
        }
    }

    /// What each of its flows could have here.
    fn share(&self) -> Rate {
        Rate { bits: self.capacity, over: self.flows.max(1) }
    }

    /// The reading of its clock at `time`, which it is brought to.
    fn reading(&mut self, time: u128) -> u128 {
        self.clock.advance(time, self.share());
        self.clock.value
    }

    fn classes(&self) -> usize {
        self.low.len() + self.high.len()
    }
}

impl Sharing {
    pub fn new() -> Self {
        Self {
            at: 0,
            sides: Vec::new(),
            classes: Vec::new(),
            groups: Vec::new(),
            spare_classes: Vec::new(),
            spare_groups: Vec::new(),
            flows: Heaps::default(),
            by_class: Heaps::default(),
            by_group: Heaps::default(),
            by_side: Heaps::default(),
            first: NONE,
            touched: Vec::new(),
        }
    }

    pub fn add(&mut self, side: Side) {
        self.by_side.reserve(self.sides.len() as u32);
        self.sides.push(side);
    }

    /// When the next flow is done; [`NEVER`] where none is under way.
    pub fn next(&self) -> u128 {
        if self.first == NONE { NEVER } else { self.by_side.key(self.first).0 }
    }

    /// The flow that is done next, and its class.
    pub fn next_flow(&self) -> (u32, u32) {
        let side = &self.sides[self.first as usize];
        let due = self.by_side.key(self.first);
        let group = if side.free != NONE && self.by_group.key(side.free) == due { side.free } else { side.bound };
        let class = self.groups[group as usize].classes;
        (self.classes[class as usize].flows, class)
    }

    /// Starts flow `flow`, which has `work` to do; `entry` orders it among those that end with it. Returns its class.
    pub fn begin(&mut self, flow: u32, entry: u32, path: Path, work: u128) -> u32 {
        let class = self.find(path).unwrap_or_else(|| self.open(path));
        let value = self.value(class);
        let Class { hub, low, .. } = self.classes[class as usize];
        let it = &mut self.classes[class as usize];
        it.count += 1;
        it.starts = it.starts.wrapping_add(value);
        self.flows.push(&mut it.flows, flow, (value.wrapping_add(work), entry));
        self.change(hub, |side| side.flows += 1);
        self.change(low, |side| side.flows += 1);
        self.settle();
        class
    }

    /// Takes out flow `flow` of `class`, which had `work` to do in all, done or not; returns what is left of it.
    pub fn leave(&mut self, flow: u32, class: u32, work: u128) -> u128 {
        let value = self.value(class);
        let finish = self.flows.key(flow).0;
        let Class { hub, low, .. } = self.classes[class as usize];
        let it = &mut self.classes[class as usize];
        it.count -= 1;
        it.starts = it.starts.wrapping_sub(finish.wrapping_sub(work));
        self.flows.remove(&mut it.flows, flow);
        if it.count == 0 {
            self.take_out(class);
            self.close(class);
        }
        self.change(hub, |side| side.flows -= 1);
        self.change(low, |side| side.flows -= 1);
        self.settle();
        let left = finish.wrapping_sub(value);
        if left.cast_signed() > 0 { left } else { 0 }
    }

    /// Sets the capacity of a side, in bits per second.
    pub fn set_capacity(&mut self, side: u32, capacity: u64) {
        self.change(side, |side| side.capacity = capacity);
        self.settle();
    }

    /// What the flows of each class at a side have moved by `time`, as work.
    pub fn moved(&self, side: u32, time: u128) -> impl Iterator<Item = u128> {
        let side = &self.sides[side as usize];
        side.low.iter().chain(&side.high).map(move |&class| {
            let it = &self.classes[class as usize];
            let group = &self.groups[it.group as usize];
            let value = match group.pace {
                Pace::Own(clock) => clock.reads(time, group.rate),
                Pace::Hub(offset) => {
                    let hub = &self.sides[group.hub as usize];
                    hub.clock.reads(time, hub.share()).wrapping_add(offset)
                }
            };
            // The first flow may end within the picosecond of `time`.
            let finish = self.flows.key(it.flows).0;
            let value = value.wrapping_add(it.offset);
            let value = if finish.wrapping_sub(value).cast_signed() < 0 { finish } else { value };
            value.wrapping_mul(u128::from(it.count)).wrapping_sub(it.starts)
        })
    }

    /// The class of a path, looked for among those of the side that has fewer.
    fn find(&self, path: Path) -> Option<u32> {
        let (from, to) = (&self.sides[path.from as usize], &self.sides[path.to as usize]);
        let side = if from.classes() < to.classes() { from } else { to };
        let is_it = |class: &u32| {
            let it = &self.classes[*class as usize];
            let (a, b) = if it.from_hub { (it.hub, it.low) } else { (it.low, it.hub) };
            (a, b, it.cap) == (path.from, path.to, path.cap)
        };
        side.low.iter().copied().find(is_it).or_else(|| side.high.iter().copied().find(is_it))
    }

    /// A class without flows, in no group.
    fn open(&mut self, path: Path) -> u32 {
        let (from, to) = (&self.sides[path.from as usize], &self.sides[path.to as usize]);
        let from_hub = (from.classes(), from.capacity) >= (to.classes(), to.capacity);
        let (hub, low) = if from_hub { (path.from, path.to) } else { (path.to, path.from) };
        let places = [self.sides[hub as usize].high.len() as u32, self.sides[low as usize].low.len() as u32];
        let it = Class {
            offset: 0,
            starts: 0,
            cap: path.cap,
            hub,
            low,
            from_hub,
            count: 0,
            flows: NONE,
            group: NONE,
            places,
        };
        let class = entered(&mut self.classes, &mut self.spare_classes, it);
        self.by_class.reserve(class);
        self.sides[hub as usize].high.push(class);
        self.sides[low as usize].low.push(class);
        class
    }

    /// Forgets a class that is in no group.
    fn close(&mut self, class: u32) {
        let Class { hub, low, places, .. } = self.classes[class as usize];
        for (which, side, place) in [(0, hub, places[0]), (1, low, places[1])] {
            let side = &mut self.sides[side as usize];
            let list = if which == 0 { &mut side.high } else { &mut side.low };
            list.swap_remove(place as usize);
            if let Some(&moved) = list.get(place as usize) {
                self.classes[moved as usize].places[which] = place;
            }
        }
        self.spare_classes.push(class);
    }

    /// The reading of a class's clock now; zero for a class in no group.
    fn value(&mut self, class: u32) -> u128 {
        let Class { group, offset, .. } = self.classes[class as usize];
        if group == NONE { 0 } else { self.group_value(group).wrapping_add(offset) }
    }

    /// The reading of a group's clock now.
    fn group_value(&mut self, group: u32) -> u128 {
        let group = &mut self.groups[group as usize];
        match &mut group.pace {
            Pace::Own(clock) => {
                clock.advance(self.at, group.rate);
                clock.value
            }
            Pace::Hub(offset) => self.sides[group.hub as usize].reading(self.at).wrapping_add(*offset),
        }
    }

    /// [`Sharing::settle`] looks at a side again.
    fn touch(&mut self, side: u32) {
        let it = &mut self.sides[side as usize];
        if !it.touched {
            it.touched = true;
            self.touched.push(side);
        }
    }

    /// Changes flows or capacity of a side, and what follows from its share.
    fn change(&mut self, side: u32, change: impl FnOnce(&mut Side)) {
        if self.sides[side as usize].groups.is_empty() {
            change(&mut self.sides[side as usize]);
        } else {
            self.touch(side);
            let it = &mut self.sides[side as usize];
            it.reading(self.at);
            change(it);
            self.sort_out(side);
        }
        for i in 0..self.sides[side as usize].low.len() {
            self.place(self.sides[side as usize].low[i]);
        }
    }

    /// Moves the border between the free and the bound groups of a side to where its share says.
    fn sort_out(&mut self, side: u32) {
        let it = &self.sides[side as usize];
        let (share, mut border) = (it.share(), it.free_groups as usize);
        while border > 0 && self.sides[side as usize].groups[border - 1].0 > share {
            border -= 1;
            self.bind(side, border);
        }
        while self.sides[side as usize].groups.get(border).is_some_and(|group| group.0 <= share) {
            self.release(side, border);
            border += 1;
        }
        self.sides[side as usize].free_groups = border as u32;
    }

    /// From now on a group moves with its hub.
    fn bind(&mut self, side: u32, index: usize) {
        let group = self.sides[side as usize].groups[index].1;
        let value = self.group_value(group);
        let it = &mut self.sides[side as usize];
        let offset = value.wrapping_sub(it.clock.value);
        self.groups[group as usize].pace = Pace::Hub(offset);
        self.by_group.remove(&mut it.free, group);
        let (mark, entry) = self.by_class.key(self.groups[group as usize].classes);
        self.by_group.push(&mut it.bound, group, (mark.wrapping_sub(offset), entry));
    }

    /// From now on a group moves at its own rate.
    fn release(&mut self, side: u32, index: usize) {
        let (rate, group) = self.sides[side as usize].groups[index];
        let clock = Clock { at: self.at, value: self.group_value(group) };
        let it = &mut self.sides[side as usize];
        self.groups[group as usize].pace = Pace::Own(clock);
        self.by_group.remove(&mut it.bound, group);
        let (mark, entry) = self.by_class.key(self.groups[group as usize].classes);
        self.by_group.push(&mut it.free, group, (clock.time_of(mark, rate), entry));
    }

    /// Puts a class into the group where it belongs by the share of its low side.
    fn place(&mut self, class: u32) {
        let Class { hub, low, cap, group: old, .. } = self.classes[class as usize];
        let rate = self.sides[low as usize].share().min(Rate { bits: cap, over: 1 });
        let group = self.group_of(hub, rate);
        if old == group {
            let key = self.class_key(class);
            if key != self.by_class.key(class) {
                self.by_class.rekey(&mut self.groups[old as usize].classes, class, key);
            }
        } else {
            let offset = self.offset_in(class, group);
            if old != NONE {
                self.take_out(class);
            }
            let it = &mut self.classes[class as usize];
            (it.offset, it.group) = (offset, group);
            let key = self.class_key(class);
            self.by_class.push(&mut self.groups[group as usize].classes, class, key);
        }
        self.rekey_group(group);
    }

    /// What the clock of a class would show beyond that of `group`.
    fn offset_in(&mut self, class: u32, group: u32) -> u128 {
        let Class { group: old, offset, .. } = self.classes[class as usize];
        if old != NONE
            && let (Pace::Hub(before), Pace::Hub(after)) =
                (self.groups[old as usize].pace, self.groups[group as usize].pace)
        {
            // Both follow the hub, whose clock need not be read.
            return offset.wrapping_add(before).wrapping_sub(after);
        }
        self.value(class).wrapping_sub(self.group_value(group))
    }

    fn take_out(&mut self, class: u32) {
        let group = std::mem::replace(&mut self.classes[class as usize].group, NONE);
        let it = &mut self.groups[group as usize];
        self.by_class.remove(&mut it.classes, class);
        if it.classes != NONE {
            self.rekey_group(group);
            return;
        }
        let hub = it.hub;
        let heap = heap_of(it, &mut self.sides);
        let was_first = *heap == group;
        self.by_group.remove(heap, group);
        let side = &mut self.sides[hub as usize];
        let index = side.groups.partition_point(|(rate, _)| *rate < it.rate);
        side.groups.remove(index);
        side.free_groups -= u32::from(index < side.free_groups as usize);
        self.spare_groups.push(group);
        if was_first {
            self.touch(hub);
        }
    }

    /// The group of a hub with the given rate; a new one has no classes and is in no heap.
    fn group_of(&mut self, hub: u32, rate: Rate) -> u32 {
        let side = &mut self.sides[hub as usize];
        let index = side.groups.partition_point(|(other, _)| *other < rate);
        if let Some((_, group)) = side.groups.get(index).filter(|(other, _)| *other == rate) {
            return *group;
        }
        let is_free = rate <= side.share();
        let pace = if is_free { Pace::Own(Clock { at: self.at, value: 0 }) } else { Pace::Hub(0) };
        let it = Group { pace, rate, hub, classes: NONE, listed: false };
        let group = entered(&mut self.groups, &mut self.spare_groups, it);
        self.by_group.reserve(group);
        side.groups.insert(index, (rate, group));
        side.free_groups += u32::from(is_free);
        group
    }

    /// Where the first flow of a class ends on the clock of its group.
    fn class_key(&self, class: u32) -> (u128, u32) {
        let it = &self.classes[class as usize];
        let (finish, entry) = self.flows.key(it.flows);
        (finish.wrapping_sub(it.offset), entry)
    }

    /// Where the first flow of a group ends: in time if it is free, else on the clock of its hub.
    fn group_key(&self, group: u32) -> (u128, u32) {
        let it = &self.groups[group as usize];
        let (mark, entry) = self.by_class.key(it.classes);
        match it.pace {
            Pace::Own(clock) => (clock.time_of(mark, it.rate), entry),
            Pace::Hub(offset) => (mark.wrapping_sub(offset), entry),
        }
    }

    /// Puts a group where it belongs in a heap of its hub; if the first of that heap is then another, or has another
    /// key, the hub is looked at again.
    fn rekey_group(&mut self, group: u32) {
        let key = self.group_key(group);
        let it = &mut self.groups[group as usize];
        let heap = heap_of(it, &mut self.sides);
        let was_first = *heap == group;
        if !std::mem::replace(&mut it.listed, true) {
            self.by_group.push(heap, group, key);
        } else if key != self.by_group.key(group) {
            self.by_group.rekey(heap, group, key);
        } else {
            return;
        }
        if was_first || *heap == group {
            let hub = it.hub;
            self.touch(hub);
        }
    }

    /// Finds the first departure of each touched side anew.
    fn settle(&mut self) {
        while let Some(index) = self.touched.pop() {
            let side = &mut self.sides[index as usize];
            side.touched = false;
            let mut first = None;
            if side.bound != NONE {
                let (mark, entry) = self.by_group.key(side.bound);
                first = Some((side.clock.time_of(mark, side.share()), entry));
            }
            if side.free != NONE {
                let free = self.by_group.key(side.free);
                first = Some(first.filter(|&bound| is_before(bound, free)).unwrap_or(free));
            }
            match (first, side.listed) {
                (Some(key), true) if key != self.by_side.key(index) => self.by_side.rekey(&mut self.first, index, key),
                (Some(key), false) => self.by_side.push(&mut self.first, index, key),
                (None, true) => self.by_side.remove(&mut self.first, index),
                _ => {}
            }
            side.listed = first.is_some();
        }
    }
}

/// The heap in which a group is.
fn heap_of<'a>(group: &Group, sides: &'a mut [Side]) -> &'a mut u32 {
    let hub = &mut sides[group.hub as usize];
    match group.pace {
        Pace::Own(_) => &mut hub.free,
        Pace::Hub(_) => &mut hub.bound,
    }
}

/// Puts an entity where one was, or at the end.
fn entered<T>(all: &mut Vec<T>, spare: &mut Vec<u32>, entity: T) -> u32 {
    if let Some(index) = spare.pop() {
        all[index as usize] = entity;
        return index;
    }
    all.push(entity);
    all.len() as u32 - 1
}

#[cfg(test)]
impl Sharing {
    /// Whether every group is on its side of the border and every class in its group.
    pub fn audit(&self) {
        assert!(self.touched.is_empty());
        let mut flows = vec![0; self.sides.len()];
        for (index, side) in self.sides.iter().enumerate() {
            assert!(side.groups.is_sorted_by(|a, b| a.0 < b.0), "{:?}", side.groups);
            for (i, &(rate, group)) in side.groups.iter().enumerate() {
                let it = &self.groups[group as usize];
                let is_free = i < side.free_groups as usize;
                assert_eq!((it.hub as usize, it.rate), (index, rate));
                assert_eq!(is_free, rate <= side.share());
                assert_eq!(is_free, matches!(it.pace, Pace::Own(_)));
            }
            for (place, &class) in side.high.iter().enumerate() {
                let it = &self.classes[class as usize];
                let low = &self.sides[it.low as usize];
                assert_eq!(it.places[0] as usize, place);
                assert_eq!(low.low[it.places[1] as usize], class);
                assert_eq!(self.groups[it.group as usize].rate, low.share().min(Rate { bits: it.cap, over: 1 }));
                flows[index] += it.count;
                flows[it.low as usize] += it.count;
            }
        }
        assert!(self.sides.iter().map(|side| side.flows).eq(flows));
        assert_eq!(
            self.classes.len(),
            self.spare_classes.len() + self.sides.iter().map(|s| s.high.len()).sum::<usize>()
        );
        assert_eq!(
            self.groups.len(),
            self.spare_groups.len() + self.sides.iter().map(|s| s.groups.len()).sum::<usize>()
        );
    }
}

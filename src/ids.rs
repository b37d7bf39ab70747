//! Typed, dense ids, and vectors indexed by them.
//!
//! Hot state is found by index, never by hashing: every entity of a run (function, node, sandbox …) has an
//! id that is its position in the vectors about it.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Index, IndexMut};

/// The position of an entity of kind `K` among its like. Four bytes.
pub struct Id<K>(u32, PhantomData<fn() -> K>);

impl<K> Id<K> {
    /// The `index`-th entity, counted from zero.
    pub const fn new(index: u32) -> Self {
        Self(index, PhantomData)
    }
    /// As an index into a vector.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
    /// As a plain number, for hashes and files.
    pub const fn raw(self) -> u32 {
        self.0
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K> Copy for Id<K> {}
impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<K> Eq for Id<K> {}
impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}
impl<K> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// The kind of a [`FunctionId`].
#[derive(Debug)]
pub enum FunctionKind {}

/// A function of the workload.
pub type FunctionId = Id<FunctionKind>;

/// The kind of a [`RequestId`].
#[derive(Debug)]
pub enum RequestKind {}

/// A request in flight; the number is used again after it has finished.
pub type RequestId = Id<RequestKind>;

/// The kind of a [`HostId`].
#[derive(Debug)]
pub enum HostKind {}

/// A host.
pub type HostId = Id<HostKind>;

/// The kind of a [`SandboxId`].
#[derive(Debug)]
pub enum SandboxKind {}

/// A sandbox that exists; the number is used again after it has been removed.
pub type SandboxId = Id<SandboxKind>;

/// The kind of a [`VmId`].
#[derive(Debug)]
pub enum VmKind {}

/// A virtual machine; numbers are not used again.
pub type VmId = Id<VmKind>;

/// The kind of a [`PoolId`].
#[derive(Debug)]
pub enum PoolKind {}

/// A memory pool.
pub type PoolId = Id<PoolKind>;

/// The kind of a [`StorageId`].
#[derive(Debug)]
pub enum StorageKind {}

/// A storage node.
pub type StorageId = Id<StorageKind>;

/// The kind of a [`PortId`].
#[derive(Debug)]
pub enum PortKind {}

/// A network port, full duplex, of a host, a pool or a storage node.
pub type PortId = Id<PortKind>;

/// A vector with one entry per entity of kind `K`.
pub struct IdVec<K, V>(Vec<V>, PhantomData<fn() -> K>);

impl<K, V> IdVec<K, V> {
    /// With no entries.
    pub const fn new() -> Self {
        Self(Vec::new(), PhantomData)
    }
    /// Appends the entry of the next entity and returns its id.
    pub fn push(&mut self, value: V) -> Id<K> {
        let id = Id::new(u32::try_from(self.0.len()).expect("more than 2^32 entities of one kind"));
        self.0.push(value);
        id
    }
    /// The entry of an entity, where there is one.
    pub fn get(&self, id: Id<K>) -> Option<&V> {
        self.0.get(id.index())
    }
    /// The same, changeable.
    pub fn get_mut(&mut self, id: Id<K>) -> Option<&mut V> {
        self.0.get_mut(id.index())
    }
    /// How many entities there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// The entries in order of id.
    pub fn iter(&self) -> std::slice::Iter<'_, V> {
        self.0.iter()
    }
    /// The entries in order of id, changeable.
    pub fn iter_mut(&mut self) -> std::slice::IterMut<'_, V> {
        self.0.iter_mut()
    }
    /// The ids in order.
    pub fn ids(&self) -> impl Iterator<Item = Id<K>> + use<K, V> {
        (0..self.0.len() as u32).map(Id::new)
    }
}

impl<'a, K, V> IntoIterator for &'a IdVec<K, V> {
    type Item = &'a V;
    type IntoIter = std::slice::Iter<'a, V>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}
impl<'a, K, V> IntoIterator for &'a mut IdVec<K, V> {
    type Item = &'a mut V;
    type IntoIter = std::slice::IterMut<'a, V>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter_mut()
    }
}
impl<K, V> Default for IdVec<K, V> {
    fn default() -> Self {
        Self::new()
    }
}
impl<K, V: Clone> Clone for IdVec<K, V> {
    fn clone(&self) -> Self {
        Self(self.0.clone(), PhantomData)
    }
}
impl<K, V: fmt::Debug> fmt::Debug for IdVec<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
impl<K, V> Index<Id<K>> for IdVec<K, V> {
    type Output = V;
    fn index(&self, id: Id<K>) -> &V {
        &self.0[id.index()]
    }
}
impl<K, V> IndexMut<Id<K>> for IdVec<K, V> {
    fn index_mut(&mut self, id: Id<K>) -> &mut V {
        &mut self.0[id.index()]
    }
}
impl<K, V> FromIterator<V> for IdVec<K, V> {
    fn from_iter<I: IntoIterator<Item = V>>(values: I) -> Self {
        Self(values.into_iter().collect(), PhantomData)
    }
}

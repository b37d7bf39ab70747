//! The images that a node keeps: the least recently used ones leave first.

use std::collections::BTreeMap;

use crate::ids::FunctionId;
use crate::units::Bytes;

/// The images on one node.
#[derive(Clone, Debug, Default)]
pub(in crate::world) struct ImageCache {
    capacity: Bytes,
    held: Bytes,
    /// By function: size, and when last used, as a count of uses.
    images: BTreeMap<FunctionId, (Bytes, u64)>,
    /// By the count of uses, the least recently used first.
    order: BTreeMap<u64, FunctionId>,
    uses: u64,
}

impl ImageCache {
    /// No images, and room for `capacity`.
    pub(in crate::world) fn new(capacity: Bytes) -> Self {
        Self { capacity, ..Self::default() }
    }
    /// Whether the image of `function` is there; if so, it is now the most recently used.
    pub(in crate::world) fn take(&mut self, function: FunctionId) -> bool {
        let Some((_, used)) = self.images.get_mut(&function) else { return false };
        self.order.remove(used);
        self.uses += 1;
        *used = self.uses;
        self.order.insert(self.uses, function);
        true
    }
    /// Puts an image in, unless it is larger than all the room.
    pub(in crate::world) fn put(&mut self, function: FunctionId, size: Bytes) {
        if size > self.capacity || self.take(function) {
            return;
        }
        while self.held + size > self.capacity
            && let Some((_, oldest)) = self.order.pop_first()
        {
            let freed = self.images.remove(&oldest).map_or(Bytes::ZERO, |(size, _)| size);
            self.held -= freed;
        }
        self.uses += 1;
        self.held += size;
        self.images.insert(function, (size, self.uses));
        self.order.insert(self.uses, function);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(n: u32) -> FunctionId {
        FunctionId::new(n)
    }

    /// Whether each image in turn is found; those that are not are put in, each of 10 bytes.
    fn found(capacity: u64, images: &[u32]) -> Vec<bool> {
        let mut cache = ImageCache::new(Bytes(capacity));
        let mut take = |&n: &u32| {
            let found = cache.take(image(n));
            if !found {
                cache.put(image(n), Bytes(10));
            }
            found
        };
        images.iter().map(&mut take).collect()
    }

    #[test]
    fn the_least_recently_used_image_leaves() {
        // Room for two: 1 is used again, so 2 leaves for 3.
        assert_eq!(found(20, &[1, 2, 1, 3, 1, 2]), [false, false, true, false, true, false]);
        assert_eq!(found(29, &[1, 2, 3, 1]), [false; 4]);
        assert_eq!(found(30, &[1, 2, 3, 1]), [false, false, false, true]);
        assert_eq!(found(9, &[1, 1]), [false, false]);
    }

    #[test]
    fn a_large_image_drives_out_several() {
        let mut cache = ImageCache::new(Bytes(30));
        for n in 0..3 {
            cache.put(image(n), Bytes(10));
        }
        cache.put(image(3), Bytes(20));
        assert_eq!([0, 1, 2, 3].map(|n| cache.take(image(n))), [false, false, true, true]);
        cache.put(image(4), Bytes(31));
        assert_eq!([2, 3, 4].map(|n| cache.take(image(n))), [true, true, false]);
    }
}

//! What a packed trace says of one function's requests: a byte whose bits tell which fields there are, then these: profile,
//! request, response, read, write, bandwidth, accelerators, and the two that say how it uses cores.

use super::cursor::Cursor;
use crate::units::{BitsPerSec, Bytes};
use crate::workload::{MEASURED_CORES, MOST_BANDWIDTH, MOST_MOVED, Own, WHOLE_SHARE};

/// No share, where a function says its cores alone.
const NO_SHARE: u32 = u32::MAX;

/// Adds what a function says of its own.
pub(super) fn write(own: Option<&Own>, out: &mut Vec<u8>) {
    let nothing = Own::default();
    let Own { profile, request, response, read, write, bandwidth, accelerators, parallel_share, measured_cores } =
        own.unwrap_or(&nothing);
    let of_cores = parallel_share.is_some() || measured_cores.is_some();
    let longs = [request, response, read, write].map(|bytes| bytes.map(|bytes| bytes.0));
    let longs = [longs[0], longs[1], longs[2], longs[3], bandwidth.map(|rate| rate.0)];
    let there = std::iter::once(profile.is_some()).chain(longs.map(|long| long.is_some()));
    let there = there.chain([accelerators.is_some(), of_cores]).enumerate();
    out.push(there.fold(0, |bits, (bit, there)| bits | u8::from(there) << bit));
    if let Some(profile) = profile {
        out.extend((profile.len() as u32).to_le_bytes());
        out.extend(profile.as_bytes());
    }
    longs.into_iter().flatten().for_each(|long| out.extend(long.to_le_bytes()));
    out.extend(accelerators.iter().flat_map(|count| count.to_le_bytes()));
    if of_cores {
        out.extend(parallel_share.unwrap_or(NO_SHARE).to_le_bytes());
        out.extend(measured_cores.unwrap_or(0).to_le_bytes());
    }
}

/// What the next function says of its own; nothing where it says nothing. Otherwise what is wrong with it.
pub(super) fn read(cursor: &mut Cursor) -> Result<Option<Box<Own>>, String> {
    let cut = || "is cut short".to_owned();
    let bits = cursor.u8().ok_or_else(cut)?;
    let there = |bit: u32| bits >> bit & 1 == 1;
    let mut own = Own::default();
    if there(0) {
        let text = cursor.text().ok_or_else(cut)?;
        own.profile = Some(text.map_err(|_| "has a profile that is not UTF-8 text".to_owned())?.to_owned());
    }
    let mut long = |bit: u32, most: u64, what: &str| {
        let value = if there(bit) { Some(cursor.u64().ok_or_else(cut)?) } else { None };
        match value {
            Some(value) if value > most => Err(format!("has {what} of {value}; at most {most}")),
            value => Ok(value),
        }
    };
    own.request = long(1, MOST_MOVED, "a request in bytes")?.map(Bytes);
    own.response = long(2, MOST_MOVED, "a response in bytes")?.map(Bytes);
    own.read = long(3, MOST_MOVED, "a read in bytes")?.map(Bytes);
    own.write = long(4, MOST_MOVED, "a write in bytes")?.map(Bytes);
    own.bandwidth = long(5, MOST_BANDWIDTH, "a bandwidth in bit/s")?.map(BitsPerSec);
    if there(6) {
        own.accelerators = Some(cursor.u32().ok_or_else(cut)?);
    }
    if there(7) {
        let (share, cores) = (cursor.u32().ok_or_else(cut)?, cursor.u32().ok_or_else(cut)?);
        if share > WHOLE_SHARE && share != NO_SHARE {
            return Err(format!("has a parallel share of {share} millionths; at most {WHOLE_SHARE}"));
        }
        if cores != 0 && !MEASURED_CORES.contains(&cores) {
            return Err(format!("was measured with {cores} millionths of a core; {MEASURED_CORES:?} are possible"));
        }
        own.parallel_share = (share != NO_SHARE).then_some(share);
        own.measured_cores = (cores != 0).then_some(cores);
    }
    Ok((bits != 0).then(|| Box::new(own)))
}

//! What it costs to play prompts: the whole core of a shard, from timer to RTP octets, without sockets.
//!
//! A hundred calls each play PCMU sound and H.264 CIF pictures at 15 a second; one iteration is one
//! second of all of them. The goal is below 0.3 ms a call-second, so below 30 ms an iteration; beside it
//! stands the floor, the same octets copied packet by packet. Prints, asserts nothing.

mod held;

use std::sync::Arc;

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use held::{Sent, World};

const CALLS: u16 = 100;

/// One second of virtual time on the grid of a shard's thread.
fn second(world: &mut World, sent: Sent<'_>) {
    (0..200).for_each(|_| world.step(sent));
}

fn playback(criterion: &mut Criterion) {
    let mut world = World::new(Arc::new(held::service(&[])), CALLS);
    second(&mut world, &mut |_, _, _| {});
    let (mut packets, mut octets) = (0_u64, 0_u64);
    second(&mut world, &mut |_, _, len| {
        packets += 1;
        octets += len as u64;
    });
    println!("one second of {CALLS} calls is {packets} packets, {octets} octets");

    let mut group = criterion.benchmark_group("playback");
    group.sample_size(20).throughput(Throughput::Elements(u64::from(CALLS)));
    group.bench_function("100 calls, one second", |bench| {
        bench.iter(|| second(&mut world, &mut |_, _, _| {}));
    });
    let payload = vec![0x55_u8; (octets / packets.max(1)) as usize];
    group.bench_function("floor: the same octets copied", |bench| {
        bench.iter(|| {
            for _ in 0..packets {
                std::hint::black_box(Bytes::copy_from_slice(std::hint::black_box(&payload)));
            }
        });
    });
    group.finish();
}

criterion_group!(benches, playback);
criterion_main!(benches);

//! What a capability set costs to read and to write: the longest message of a call.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use h245::view::*;
use h245::{build, decode, encode};

/// What telephones declare: AMR, H.263, MPEG-4 and three forms of user input, in one descriptor.
fn capabilities() -> Capabilities {
    let h263 = H263 { qcif_mpi: Some(2), bps_max: 52_100, trade_off: true, ..H263::default() };
    let mpeg4 = Mpeg4 { bps_max: 52_100, profile_and_level: Some(8), ..Mpeg4::default() };
    let amr = Audio::Amr { bps_max: 12_200, frames_max: 1, comfort_noise: false };
    let layers = Layers { al1: true, al2: true, al3: true };
    let input = |form| Some(Capability::UserInput(Direction::Receive, form));
    Capabilities {
        multiplex: Some(Multiplex {
            video: layers,
            audio: layers,
            al2_sdu_max: 256,
            al3_sdu_max: 256,
            nsrp: true,
            mobile: Some(Mobile::default()),
            ..Multiplex::default()
        }),
        table: vec![
            (1, Some(Capability::Audio(Direction::Receive, amr))),
            (2, Some(Capability::Video(Direction::Receive, Video::H263(h263)))),
            (3, Some(Capability::Video(Direction::Receive, Video::Mpeg4(mpeg4)))),
            (4, input(UserInputForm::BasicString)),
            (5, input(UserInputForm::Ia5String)),
            (6, input(UserInputForm::Dtmf)),
        ],
        descriptors: vec![(0, vec![vec![1], vec![2, 3], vec![4, 5, 6]])],
        ..Capabilities::default()
    }
}

fn capability_set(criterion: &mut Criterion) {
    let message = build::terminal_capability_set(1, &capabilities());
    let octets = encode(&message);
    let mut group = criterion.benchmark_group("h245 capability set");
    group.bench_function("encode", |bencher| bencher.iter(|| encode(black_box(&message))));
    group.bench_function("decode", |bencher| bencher.iter(|| decode(black_box(&octets))));
    group
        .bench_function("decode and view", |bencher| bencher.iter(|| decode(black_box(&octets)).0[0].view()));
    group.finish();
}

criterion_group!(benches, capability_set);
criterion_main!(benches);

//! End to end: the built `vireo` against peers that share no code with it.
//!
//! Each test gets a network namespace of its own (baresip refuses `lo`), so all of them use the same
//! addresses. That takes root; without it, or without a peer, a test prints a line `NOT RUN: ...`, and
//! fails when `CI=true`. What needs no foreign phone runs on loopback. One test binary, so that the harness
//! in `common` is linked once. Start at `common::Lab`.

mod account;
mod api_document;
mod audit;
mod baresip;
mod bridges;
mod browser;
mod common;
mod demo_crm;
mod doctor;
mod harness;
mod hotline;
mod linphone;
mod live_edit;
mod media_build;
mod mpeg4;
mod network;
mod publish;
mod reachable;
mod simulate;
mod sipp;
mod sockets;
mod stats;
mod three_g;
mod torture_live;
mod tshark;
mod tutorial;
mod values;
mod walked;
mod wallboard;

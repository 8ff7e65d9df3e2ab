//! `vireo`: a video hotline. One file per command under `cli`; start at [`cli::Cli`].

mod accounts;
mod cli;
mod config;
mod control;
mod demo_crm;
mod demo_service;
mod doctor;
mod durable;
mod live;
mod notice;
mod serve;
mod service;
mod versions;

use std::process::ExitCode;

use clap::Parser;

/// Messages and packets are many small allocations, soon freed: where the C library's allocator took a
/// fifth of the signalling's time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::Cli::parse().execute().unwrap_or_else(|error| {
        eprintln!("{error:#}");
        ExitCode::FAILURE
    })
}

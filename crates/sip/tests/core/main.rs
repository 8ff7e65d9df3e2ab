//! The core half of `sip` from outside: datagrams in, datagrams and events out, in virtual time.

mod called;
mod calling;
mod lossy;
mod outside;
mod refusals;
mod rubbish;
mod support;
mod torture;
mod within;

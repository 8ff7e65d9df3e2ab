//! Ports and addresses.

use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr, TcpListener, UdpSocket};
use std::ops::RangeInclusive;

use super::Finding;

pub(super) fn sip(address: SocketAddr) -> Finding {
    let bound = UdpSocket::bind(address).map(drop);
    bindable("SIP port", "UDP", address, bound, ("ss -Hlunp", "--sip"))
}

pub(super) fn web(address: SocketAddr) -> Finding {
    // As the server itself: connections of an earlier run that linger in the kernel are no obstacle.
    let bound = TcpListener::bind(address).map(drop);
    bindable("web port", "TCP", address, bound, ("ss -Hltnp", "--http"))
}

fn bindable(
    name: &'static str,
    kind: &str,
    address: SocketAddr,
    bound: std::io::Result<()>,
    (show, option): (&str, &str),
) -> Finding {
    let port = address.port();
    let Err(error) = bound else { return Finding::ok(name, format!("{kind} {address} is free")) };
    match error.kind() {
        ErrorKind::AddrInUse => {
            let other = SocketAddr::new(address.ip(), port.checked_add(10).unwrap_or(port - 10));
            let mend = format!(
                "end the program that has it (`{show} sport = :{port}` names it), or start with {option} {other}"
            );
            Finding::fail(name, format!("{kind} {address} is taken by another program"), mend)
        }
        ErrorKind::AddrNotAvailable => {
            let mend =
                format!("name an address of this machine with {option}; `ip -brief address` lists them");
            Finding::fail(name, format!("{} is no address of this machine", address.ip()), mend)
        }
        ErrorKind::PermissionDenied => {
            let mend = format!("ports below 1024 are for root: take another with {option}");
            Finding::fail(name, format!("{kind} {address} is forbidden to this user"), mend)
        }
        _ => Finding::fail(name, format!("{kind} {address}: {error}"), format!("try another with {option}")),
    }
}

pub(super) fn rtp(address: IpAddr, range: RangeInclusive<u16>) -> Finding {
    const NAME: &str = "RTP ports";
    let says = |free: usize| {
        format!("{free} of {} ports in {}-{} are free", range.len(), range.start(), range.end())
    };
    let free = range.clone().filter(|port| UdpSocket::bind((address, *port)).is_ok()).count();
    let mend = "end the programs that have them (`ss -Hlunp` lists them), or choose others with --rtp-ports";
    match free {
        // A call takes four.
        0..4 => Finding::fail(NAME, says(free), mend),
        _ if free < range.len() / 2 => Finding::warn(NAME, says(free), mend),
        _ => Finding::ok(NAME, format!("{}: {} calls", says(free), free / 4)),
    }
}

pub(super) fn addresses() -> Finding {
    const NAME: &str = "addresses";
    match net::interfaces::addresses() {
        Ok(own) if own.is_empty() => Finding::warn(
            NAME,
            "this machine has no address that others could reach",
            "connect it to a network; until then only its own browser and phones can call",
        ),
        Ok(own) => {
            let own: Vec<_> = own.iter().map(ToString::to_string).collect();
            Finding::ok(NAME, format!("others reach this machine at {}", own.join(", ")))
        }
        Err(error) => Finding::warn(NAME, format!("not known: {error}"), "name one with --host IP"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::*;

    #[test]
    fn a_busy_port_is_told_with_the_way_out() {
        let busy = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = busy.local_addr().unwrap();
        let found = sip(address);
        assert_eq!(found.state, State::Fail);
        assert!(found.says.contains(&address.to_string()), "{found:?}");
        assert!(found.mend.unwrap().contains("--sip 127.0.0.1:"));
        drop(busy);
        assert_eq!(sip(address).state, State::Ok);

        let busy = TcpListener::bind("127.0.0.1:0").unwrap();
        assert_eq!(web(busy.local_addr().unwrap()).state, State::Fail);
    }

    #[test]
    fn an_address_of_another_machine_is_told() {
        let found = sip("192.0.2.200:5060".parse().unwrap());
        assert!(found.says.contains("no address of this machine"), "{found:?}");
    }

    #[test]
    fn busy_rtp_ports_are_counted() {
        let busy = UdpSocket::bind("127.0.0.1:0").unwrap();
        let port = busy.local_addr().unwrap().port();
        let found = rtp([127, 0, 0, 1].into(), port..=port);
        assert_eq!(found.state, State::Fail);
        assert!(found.says.starts_with("0 of 1 ports"), "{found:?}");
    }
}

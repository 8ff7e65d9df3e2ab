//! [`Description`] to text, in the order of RFC 8866 §5.

use std::net::{IpAddr, Ipv4Addr};

use sdp_types as lines;

use crate::description::{Attribute, Bandwidth, Description, Direction, MediaLine};

pub(crate) fn description(description: &Description) -> Vec<u8> {
    let medias = description.media.iter().map(|line| media(line, description.connection)).collect();
    let session = lines::Session {
        origin: origin(description),
        session_name: description.name.clone(),
        session_description: None,
        uri: None,
        emails: Vec::new(),
        phones: Vec::new(),
        connection: description.connection.map(lines::Connection::from_ip_addr),
        bandwidths: bandwidths(&description.bandwidth),
        times: description.times.iter().map(|&(start, stop)| lines::Time::new(start, stop)).collect(),
        time_zones: Vec::new(),
        key: None,
        attributes: description.attributes.iter().map(attribute).collect(),
        medias,
    };
    let mut text = Vec::with_capacity(1_024);
    session.write(&mut text).expect("a Vec takes every write");
    text
}

fn origin(description: &Description) -> lines::Origin {
    let origin = &description.origin;
    // A name in `o=` has the family of the session's address; it is only a name (RFC 8866 §5.2).
    let family = origin.address.parse().ok().or(description.connection);
    lines::Origin {
        username: Some(origin.username.clone()),
        sess_id: origin.session_id.clone(),
        sess_version: origin.version,
        nettype: lines::NetType::In,
        addrtype: family.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)).into(),
        unicast_address: origin.address.clone(),
    }
}

fn bandwidths(bandwidth: &Bandwidth) -> Vec<lines::Bandwidth> {
    let line = |kind: &str, value: u64| lines::Bandwidth { bwtype: kind.to_owned(), bandwidth: value };
    let mut all = Vec::new();
    all.extend(bandwidth.as_kbps.map(|value| line("AS", value.into())));
    all.extend(bandwidth.tias_bps.map(|value| line("TIAS", value.into())));
    all.extend(bandwidth.others.iter().map(|(kind, value)| line(kind, *value)));
    all
}

fn attribute(attribute: &Attribute) -> lines::Attribute {
    lines::Attribute { attribute: attribute.name.clone(), value: attribute.value.clone() }
}

fn media(line: &MediaLine, session: Option<IpAddr>) -> lines::Media {
    let numbers = line.payloads.iter().map(|payload| payload.pt.to_string());
    let formats: Vec<String> = numbers.chain(line.formats.iter().cloned()).collect();
    let own = line.connection.filter(|_| line.connection != session);
    lines::Media {
        media: line.kind.as_str().to_owned(),
        port: line.port,
        num_ports: None,
        proto: line.proto.clone(),
        fmt: formats.join(" "),
        media_title: None,
        connections: own.map(lines::Connection::from_ip_addr).into_iter().collect(),
        bandwidths: bandwidths(&line.bandwidth),
        key: None,
        attributes: attributes(line),
    }
}

fn attributes(line: &MediaLine) -> Vec<lines::Attribute> {
    let mut all = Vec::new();
    let mut add = |name: &str, value: String| all.push(lines::Attribute::with_value(name, value));
    for payload in &line.payloads {
        let name = payload.encoding_name();
        if !name.is_empty() {
            let channels =
                if payload.channels == 1 { String::new() } else { format!("/{}", payload.channels) };
            add("rtpmap", format!("{} {name}/{}{channels}", payload.pt, payload.clock_rate));
        }
        if let Some(text) = payload.parameters.text() {
            add("fmtp", format!("{} {text}", payload.pt));
        }
    }
    for (pt, what) in &line.feedback {
        add("rtcp-fb", format!("{} {what}", pt.map_or_else(|| "*".to_owned(), |pt| pt.to_string())));
    }
    for extension in &line.extensions {
        let way = match extension.direction {
            Direction::SendRecv => String::new(),
            direction => format!("/{}", direction.as_str()),
        };
        let rest = extension.attributes.as_ref().map_or_else(String::new, |rest| format!(" {rest}"));
        add("extmap", format!("{}{way} {}{rest}", extension.id, extension.uri));
    }
    line.ptime.into_iter().for_each(|ms| add("ptime", ms.to_string()));
    line.max_ptime.into_iter().for_each(|ms| add("maxptime", ms.to_string()));
    line.mid.iter().for_each(|mid| add("mid", mid.clone()));
    if let Some(port) = line.rtcp_port {
        add("rtcp", port.to_string() + &line.rtcp_address.map_or_else(String::new, network));
    }
    if line.rtcp_mux {
        all.push(lines::Attribute::new("rtcp-mux"));
    }
    all.extend(line.attributes.iter().map(attribute));
    all.push(lines::Attribute::new(line.direction.as_str()));
    all
}

fn network(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => format!(" IN IP4 {address}"),
        IpAddr::V6(address) => format!(" IN IP6 {address}"),
    }
}

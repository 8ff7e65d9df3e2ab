//! What is refused, and how.

use std::time::Duration;

use crate::hotline;
use crate::phone::Phone;
use crate::world::World;

const SECOND: Duration = Duration::from_secs(1);

fn offer(lines: &str) -> String {
    format!("v=0\r\no=- 1 1 IN IP4 10.0.0.11\r\ns=-\r\nc=IN IP4 10.0.0.11\r\nt=0 0\r\n{lines}")
}

fn call_with(world: &mut World, number: &str, body: Option<&str>) -> usize {
    let mut phone = Phone::new(&format!("10.0.1.{}", world.phones.len() + 1));
    let (now, gateway) = (world.now().mono, world.gateway());
    phone.call(now, number, gateway, body);
    let at = world.add_phone(phone);
    world.with_phone(at, |_, _| ());
    world.run_for(SECOND / 5);
    at
}

#[test]
fn an_unknown_number_is_404() {
    let mut world = World::new(&hotline(), 1);
    let caller = call_with(&mut world, "4711", None);
    assert_eq!(world.phones[caller].status, Some(404));
}

#[test]
fn an_offer_with_nothing_usable_is_488_with_a_warning() {
    let mut world = World::new(&hotline(), 2);
    let body = offer("m=audio 40000 RTP/AVP 3\r\na=rtpmap:3 GSM/8000\r\n");
    let caller = call_with(&mut world, "1008621", Some(&body));
    assert_eq!(world.phones[caller].status, Some(488));
    let warning = world.phones[caller].warning.clone().expect("a Warning header");
    assert!(warning.starts_with("30"), "{warning}");
    assert_eq!(world.shard.usage().calls, 0);
}

#[test]
fn a_body_that_is_no_description_is_400_and_costs_no_port() {
    let mut world = World::new(&hotline(), 3);
    let spare = world.shard.usage().spare_ports;
    let caller = call_with(&mut world, "1008621", Some("hello"));
    assert_eq!(world.phones[caller].status, Some(400));
    assert_eq!(world.shard.usage().spare_ports + world.lent.len(), spare);
}

#[test]
fn without_free_ports_a_call_is_503_with_retry_after() {
    let mut world = World::with_ports(&hotline(), 4, 3);
    let first = call_with(&mut world, "1008621", None);
    let second = call_with(&mut world, "1008621", None);
    assert_eq!(world.phones[first].status, Some(200));
    assert_eq!(world.phones[second].status, Some(503));
    assert_eq!(world.phones[second].retry_after.as_deref(), Some("5"));
}

#[test]
fn beyond_the_limit_of_calls_it_is_500_with_retry_after() {
    let mut world = World::with_ports(&hotline(), 5, 100);
    let last = (0..21).map(|_| call_with(&mut world, "1008621", None)).last().expect("21 calls");
    assert_eq!(world.shard.usage().calls, 20);
    assert_eq!(world.phones[last].status, Some(500));
    assert!(world.phones[last].retry_after.is_some());
}

#[test]
fn a_draining_gateway_takes_no_calls_but_keeps_those_it_has() {
    let mut world = World::new(&hotline(), 6);
    let first = call_with(&mut world, "1008621", None);
    world.feed(call::Input::Drain);
    let second = call_with(&mut world, "1008621", None);
    assert_eq!(world.phones[second].status, Some(503));
    world.run_for(SECOND);
    assert!(!world.phones[first].ended);
}

#[test]
fn a_caller_who_gives_up_while_it_rings_is_487_and_leaves_nothing() {
    let flow = crate::FLOW.replace("start: main", "ring: 3s\nstart: main");
    let files = [("hotline.yaml", &*flow), ("queues.yaml", crate::QUEUES), ("texts/en.yaml", crate::TEXTS)];
    let mut world = World::new(&crate::world::service(&files), 8);
    let patient = call_with(&mut world, "1008621", None);
    let hasty = call_with(&mut world, "1008621", None);
    assert_eq!(world.phones[hasty].status, None, "it rings");
    world.with_phone(hasty, Phone::hang_up);
    world.run_for(SECOND);
    assert_eq!(world.phones[hasty].status, Some(487));
    assert_eq!(world.cdrs[0].cause, call::Cause::Cancelled);
    assert_eq!(world.lent.len(), 2);
    world.run_for(3 * SECOND);
    assert_eq!(world.phones[patient].status, Some(200), "the other is answered after its ringing");
    assert!(world.phones[patient].heard.len() > 10);
}

#[test]
fn a_fault_in_one_call_ends_that_call_alone() {
    let mut world = World::new(&hotline(), 7);
    let first = call_with(&mut world, "1008621", None);
    let second = call_with(&mut world, "1008621", None);
    world.shard.plant_panic();
    world.run_for(2 * SECOND);
    assert!(world.phones[first].ended, "the faulty call's phone was told");
    assert_eq!(world.cdrs.len(), 1);
    assert_eq!(world.cdrs[0].cause, call::Cause::Fault);
    assert_eq!(world.lent.len(), 2, "its ports were given back");
    assert_eq!(world.shard.usage().faults, 1);
    let before = world.phones[second].pictures().count();
    world.run_for(SECOND);
    assert!(!world.phones[second].ended);
    assert!(world.phones[second].pictures().count() >= before + 3, "the other call goes on");
}

//! What is written down of an order, for the audit.

use std::time::Duration;

use media::Asset;

use crate::phone::Phone;
use crate::world::{World, service};

const SECOND: Duration = Duration::from_secs(1);

const FLOW: &str = r#"
flow: shop
numbers: ["1008621"]
start: buy
languages: [en]
vars: { pack: 10GB }
defaults: { timeout: 5s, tries: 2, exits: { silence: $repeat, invalid: $repeat, exhausted: bye, failed: bye } }
nodes:
  buy:
    order:
      slide: page.svg
      lines: wanted
      say: wanted
      yes: sure
      no: not
      call: crm.order
      send: { pack: pack, pin: "'4711'" }
      show: [pack]
      code_by: [picture]
      code: { slide: page.svg, title: wanted, say: sure }
      into: receipt
      exits: { done: bye, declined: bye, refused: bye, unknown: bye }
  bye: { hangup: { say: goodbye } }
"#;

const CONNECTOR: &str = "
connector: crm
base: http://127.0.0.1:9
calls:
  order:
    post: /orders
    order: true
    takes: { pack: text, pin: secret }
    returns: { number: text }
    example: { number: D1 }
";

const TEXTS: &str = r#"
press: "For {{ label }}, press {{ key }}."
wanted: "Pack {{ pack }}"
sure: "Yes"
not: "No"
goodbye: "Goodbye."
"#;

/// The code on the last slide that has one.
fn code(world: &World) -> Option<String> {
    world.fetched.iter().rev().find_map(|key| match &key.asset {
        Asset::Slide { values, .. } => values.values.get("code").cloned(),
        Asset::Speech { .. } | Asset::ClipAudio(_) | Asset::ClipVideo(_) => None,
    })
}

#[test]
fn an_order_is_told_once_while_the_call_goes_on_and_without_its_secret() {
    let shop = service(&[("shop.yaml", FLOW), ("crm.yaml", CONNECTOR), ("texts/en.yaml", TEXTS)]);
    let mut world = World::new(&shop, 1);
    let phone = world.call("10.0.0.11", "1008621");
    world.run_for(SECOND);
    world.with_phone(phone, |phone, _| phone.press('1'));
    assert!(world.run_until(5 * SECOND, |world| code(world).is_some()), "a code is shown");
    let code = code(&world).expect("it is shown");
    for key in code.chars() {
        assert_eq!(world.orders, [], "not before the whole code");
        world.with_phone(phone, |phone, _| phone.press(key));
        world.run_for(SECOND / 2);
    }
    let [order] = &world.orders[..] else { panic!("{:?}", world.orders) };
    assert_eq!(world.cdrs.len(), 0, "the call goes on");
    assert_eq!(order.called, "1008621");
    assert_eq!(order.ordered.call, "crm.order");
    assert_eq!(order.ordered.confirmed, [("pack".to_owned(), "10GB".to_owned())]);
    assert_eq!((order.ordered.code_by, order.ordered.outcome), ("picture", "done"));
    assert_eq!(Some(&order.ordered.key), world.asked[0].idempotency_key.as_ref());
    assert!(!format!("{order:?}").contains("4711"), "{order:?}");
    world.with_phone(phone, Phone::hang_up);
    world.run_for(SECOND);
    assert_eq!(world.orders.len(), 1);
    assert_eq!(world.orders[0].sip_call_id, world.cdrs[0].sip_call_id);
}

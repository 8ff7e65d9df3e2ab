//! The agent pool as a service's `queues.yaml` describes it. The pool itself lives outside of any shard.

use dialplan::{Distribution, Service};

/// Queues and agents in the pool's own terms.
#[must_use]
pub fn pool_config(service: &Service) -> acd::Config {
    let queues = service.queues();
    acd::Config {
        queues: queues
            .queues
            .values()
            .map(|queue| acd::QueueConfig {
                name: queue.name.clone(),
                agents: queue.agents.clone(),
                ring_timeout: queue.ring_timeout,
                wait_max: queue.wait_max,
                capacity: queue.capacity,
                wrap_up: queue.wrap_up,
                ..distribution(&queue.distribution)
            })
            .collect(),
        agents: queues
            .agents
            .values()
            .map(|agent| {
                let address = match &agent.address {
                    dialplan::Address::Sip(uri) => acd::Address::Sip(uri.clone()),
                    dialplan::Address::Browser => acd::Address::Browser,
                    dialplan::Address::Registered { .. } => acd::Address::Telephone,
                };
                acd::AgentConfig {
                    name: agent.name.clone(),
                    address,
                    skills: agent.skills.clone(),
                    auto_answer: agent.auto_answer,
                }
            })
            .collect(),
    }
}

/// The part of a queue's settings that says who is called.
fn distribution(wanted: &Distribution) -> acd::QueueConfig {
    let strategy = match wanted.strategy {
        dialplan::Strategy::LongestIdle => acd::Strategy::LongestIdle,
        dialplan::Strategy::RoundRobin => acd::Strategy::RoundRobin,
        dialplan::Strategy::FewestCalls => acd::Strategy::FewestCalls,
        dialplan::Strategy::SkillLevel => acd::Strategy::SkillLevel,
    };
    let overflow = wanted.overflow.iter().map(|way| {
        let when = match way.when {
            dialplan::When::After(wait) => acd::When::After(wait),
            dialplan::When::Longer(longer) => acd::When::Longer(longer),
        };
        acd::Overflow { when, to: way.to.clone() }
    });
    acd::QueueConfig {
        strategy,
        needs: wanted.needs.clone(),
        sticky: wanted.sticky,
        pause_after: wanted.pause_after.unwrap_or(0),
        overflow: overflow.collect(),
        service_level: wanted.service_level,
        ..acd::QueueConfig::default()
    }
}

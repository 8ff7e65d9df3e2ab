//! The agent pool as a service's `queues.yaml` describes it. The pool itself lives outside of any shard.

use dialplan::Service;

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
                ..acd::QueueConfig::default()
            })
            .collect(),
        agents: queues
            .agents
            .values()
            .map(|agent| {
                let address = match &agent.address {
                    dialplan::Address::Sip(uri) => acd::Address::Sip(uri.clone()),
                    dialplan::Address::Browser => acd::Address::Browser,
                };
                acd::AgentConfig {
                    name: agent.name.clone(),
                    address,
                    skills: acd::Skills::new(),
                    auto_answer: false,
                }
            })
            .collect(),
    }
}

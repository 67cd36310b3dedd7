/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package io.github.atmosphererelay.delivery.internal;

/**
 * The counters of this node's messaging since its start, in one part for each area.
 * Counters only grow; safe for use by many threads.
 */
public final class MessagingStatistics {

	private final PublishStatistics publishing = new PublishStatistics();

	private final DeliveryStatistics deliveries = new DeliveryStatistics();

	private final InboundStatistics inbound = new InboundStatistics();

	private final EventStatistics events = new EventStatistics();

	private final LogStatistics log = new LogStatistics();

	private final BucketStatistics buckets = new BucketStatistics();

	/**
	 * Return the counters of published messages.
	 * @return the counters
	 */
	public PublishStatistics publishing() {
		return this.publishing;
	}

	/**
	 * Return the counters of messages from the relay.
	 * @return the counters
	 */
	public DeliveryStatistics deliveries() {
		return this.deliveries;
	}

	/**
	 * Return the counters of messages from clients.
	 * @return the counters
	 */
	public InboundStatistics inbound() {
		return this.inbound;
	}

	/**
	 * Return the counters of application events.
	 * @return the counters
	 */
	public EventStatistics events() {
		return this.events;
	}

	/**
	 * Return the counters of recorded channels' logs.
	 * @return the counters
	 */
	public LogStatistics log() {
		return this.log;
	}

	/**
	 * Return the counters of what is sent to the buckets of channels.
	 * @return the counters
	 */
	public BucketStatistics buckets() {
		return this.buckets;
	}

}

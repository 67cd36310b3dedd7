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

package io.github.atmosphererelay.door.atmosphere.internal;

import java.io.IOException;
import java.time.Duration;
import java.util.UUID;

import io.github.atmosphererelay.door.centrifuge.internal.Emulation;
import io.github.atmosphererelay.door.internal.StreamRequests;
import io.github.atmosphererelay.door.raw.internal.AtmosphereParameters;
import io.github.atmosphererelay.door.raw.internal.AtmosphereParameters.Transport;
import io.github.atmosphererelay.door.raw.internal.RawDoor;
import io.github.atmosphererelay.guard.internal.Timers;
import io.github.atmosphererelay.message.internal.QueryParameters;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.springframework.web.HttpRequestHandler;
import org.springframework.web.servlet.HandlerMapping;

/**
 * The transports of {@code atmosphere.js} over HTTP. What the client sends comes by POST,
 * as that of other clients.
 */
public final class AtmosphereDoor implements HttpRequestHandler, AutoCloseable {

	private final String path;

	private final AtmosphereStreams streams;

	private final PollRequests polls;

	private final PollCarriage carriage;

	private final PollExchange exchange;

	private final PollSessions sessions;

	private final PollDelivery delivery;

	private final PollStatistics statistics = new PollStatistics();

	private final StreamRequests requests;

	/**
	 * Put the transports together.
	 * @param door the door whose connections they are
	 * @param requests checks requests
	 * @param timers run timeouts
	 * @param node the id of this node
	 * @param path the doors' path
	 * @param maxAge the average age at which a stream ends
	 * @param settings the times of clients that poll
	 * @param carrier carries requests to other nodes
	 */
	public AtmosphereDoor(RawDoor door, StreamRequests requests, Timers timers, UUID node, String path, Duration maxAge,
			PollSettings settings, PollCarrier carrier) {
		this.path = path;
		this.streams = new AtmosphereStreams(door, requests, timers, maxAge);
		this.requests = requests;
		this.sessions = new PollSessions(door, requests, timers, settings, this.statistics, node);
		this.carriage = new PollCarriage(carrier);
		this.exchange = new PollExchange(this.sessions::poll, this.carriage, timers, settings, this.statistics, node);
		this.delivery = new PollDelivery(this.sessions::contains, this.exchange, requests, timers, this.statistics);
		this.polls = new PollRequests(door.admission(), requests, this.sessions, this.delivery);
	}

	/**
	 * Return the mapping of the requests that receive messages.
	 * @return the mapping
	 */
	public HandlerMapping mapping() {
		return new AtmosphereMapping(this.path, this);
	}

	/**
	 * Return the mapping of the requests of clients of the Centrifuge protocol that poll.
	 * @param emulation takes their commands
	 * @return the mapping
	 */
	public HandlerMapping mapping(Emulation emulation) {
		return new PollingMapping(this.path, new ObjectPolls(emulation, this.requests, this.sessions, this.delivery));
	}

	/**
	 * Return the counters of clients that poll.
	 * @return the counters
	 */
	public PollStatistics statistics() {
		return this.statistics;
	}

	/**
	 * Return how many sessions of this node have clients that poll.
	 * @return the number of sessions
	 */
	public int pollSessions() {
		return this.sessions.count();
	}

	/**
	 * Return how many requests for messages, and answers to such, wait until their node
	 * has taken others.
	 * @return the number of requests and answers
	 */
	public int waitingForNodes() {
		return this.carriage.waiting();
	}

	@Override
	public void handleRequest(HttpServletRequest request, HttpServletResponse response) throws IOException {
		AtmosphereParameters parameters = AtmosphereParameters.of(QueryParameters.parse(request.getQueryString()));
		if (parameters.transport() == Transport.POLLING) {
			this.polls.handle(request, response);
		}
		else {
			this.streams.handle(request, response, parameters);
		}
	}

	/**
	 * Receive a request that another node has carried here. Does not block.
	 * @param body the request
	 * @return the answer for that node
	 */
	public byte[] receivePoll(byte[] body) {
		return this.exchange.receivePoll(body);
	}

	/**
	 * Receive the answer to a request that waits here. Does not block.
	 * @param body the answer
	 * @return the answer for the node that has sent it
	 */
	public byte[] receiveAnswer(byte[] body) {
		return this.exchange.receiveAnswer(body);
	}

	/**
	 * Note that another node has gone. Does not block.
	 * @param node the id of the node
	 */
	public void left(UUID node) {
		this.exchange.left(node);
	}

	/**
	 * End the threads.
	 */
	@Override
	public void close() {
		this.polls.stop();
	}

}

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

	private final PollExchange exchange;

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
		PollSessions sessions = new PollSessions(door, requests, timers, settings, node);
		this.exchange = new PollExchange(sessions, carrier, timers, settings, node);
		this.polls = new PollRequests(door.admission(), requests, sessions, this.exchange, timers);
	}

	/**
	 * Return the mapping of the requests that receive messages.
	 * @return the mapping
	 */
	public HandlerMapping mapping() {
		return new AtmosphereMapping(this.path, this);
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
	 * End the threads.
	 */
	@Override
	public void close() {
		this.polls.stop();
	}

}

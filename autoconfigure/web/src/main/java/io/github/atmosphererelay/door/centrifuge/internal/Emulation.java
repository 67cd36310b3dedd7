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

package io.github.atmosphererelay.door.centrifuge.internal;

import java.util.UUID;

import io.github.atmosphererelay.door.internal.StreamRequests;
import io.github.atmosphererelay.guard.internal.Timers;

import org.springframework.web.servlet.HandlerMapping;
import org.springframework.web.servlet.function.RouterFunction;
import org.springframework.web.servlet.function.ServerResponse;

/**
 * The door's transports without WebSocket: clients receive by an HTTP stream, and send
 * commands in requests of their own, which any node of the cluster takes.
 */
public final class Emulation implements AutoCloseable {

	private final CentrifugeDoor door;

	private final StreamRequests requests;

	private final UUID node;

	private final String path;

	private final int maxMessageSize;

	private final EmulatedSessions sessions;

	/**
	 * Put the transports together.
	 * @param door the door for the protocol
	 * @param requests checks requests
	 * @param node the id of this node
	 * @param path the doors' path
	 * @param maxMessageSize the maximum size of a message
	 * @param timers run timeouts
	 */
	Emulation(CentrifugeDoor door, StreamRequests requests, UUID node, String path, int maxMessageSize, Timers timers) {
		this.door = door;
		this.requests = requests;
		this.node = node;
		this.path = path;
		this.maxMessageSize = maxMessageSize;
		this.sessions = new EmulatedSessions(door.codec(), maxMessageSize, timers);
	}

	/**
	 * Return the mapping of the requests that open streams.
	 * @return the mapping
	 */
	public HandlerMapping mapping() {
		return new EmulationMapping(CentrifugeDoor.ORDER, this.path, streams(EmulationFraming.EVENTS),
				streams(EmulationFraming.LINES));
	}

	private EmulationStreams streams(EmulationFraming framing) {
		return new EmulationStreams(this.door, this.sessions, this.requests, this.node, framing);
	}

	/**
	 * Return the route of commands.
	 * @param carrier carries commands to other nodes
	 * @return the route
	 */
	public RouterFunction<ServerResponse> routes(SessionCarrier carrier) {
		return new EmulationRoutes(this.requests, this.node, this.path, this.maxMessageSize, this.sessions, carrier)
			.route();
	}

	/**
	 * Receive commands that another node has carried here. Does not block.
	 * @param body the commands
	 * @return the answer for that node
	 */
	public byte[] received(byte[] body) {
		return this.sessions.deliver(body);
	}

	/**
	 * End the threads.
	 */
	@Override
	public void close() {
		this.sessions.stop();
	}

}

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

import io.github.atmosphererelay.door.internal.DoorContext;

import org.springframework.web.servlet.HandlerMapping;
import org.springframework.web.servlet.function.RouterFunction;
import org.springframework.web.servlet.function.ServerResponse;

/**
 * The door's transports without WebSocket: clients receive by an HTTP stream, and send
 * commands in requests of their own, which any node of the cluster takes.
 */
public final class Emulation implements AutoCloseable {

	private final CentrifugeDoor door;

	private final DoorContext context;

	private final EmulatedSessions sessions;

	/**
	 * Put the transports together.
	 * @param door the door for the protocol
	 * @param context what doors are put together of
	 */
	public Emulation(CentrifugeDoor door, DoorContext context) {
		this.door = door;
		this.context = context;
		this.sessions = new EmulatedSessions(door.codec(), context.settings().maxMessageSize(), context.timers());
	}

	/**
	 * Return the mapping of the requests that open streams.
	 * @return the mapping
	 */
	public HandlerMapping mapping() {
		return new EmulationMapping(CentrifugeDoor.ORDER, this.context.settings().path(),
				new EmulationStreams(this.door, this.sessions, this.context, EmulationFraming.EVENTS),
				new EmulationStreams(this.door, this.sessions, this.context, EmulationFraming.LINES));
	}

	/**
	 * Return the route of commands.
	 * @param carrier carries commands to other nodes
	 * @return the route
	 */
	public RouterFunction<ServerResponse> routes(SessionCarrier carrier) {
		return EmulationRoutes.of(this.context, this.sessions, carrier);
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

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

import java.util.List;

import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.presence.internal.PresenceChangeFormat;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.session.internal.MessageFormat;

/**
 * A form of the protocol: how commands are read, and replies and pushes are written. Safe
 * for use by many threads; nothing blocks.
 */
interface Codec {

	/**
	 * Read what a client has sent.
	 * @param frame a WebSocket message
	 * @return its commands, in order
	 * @throws MalformedCommandException if it cannot be read
	 */
	List<Command> decode(Payload frame);

	/**
	 * Write a reply to a command that has succeeded.
	 * @param id the command's number
	 * @param reply the reply
	 * @return one object of the protocol
	 */
	Payload encode(long id, Reply reply);

	/**
	 * Write a reply to a command that was refused.
	 * @param id the command's number
	 * @param code why
	 * @param reason the same in words
	 * @return one object of the protocol
	 */
	Payload encode(long id, ErrorCode code, String reason);

	/**
	 * Write what a client has not asked for.
	 * @param push the push
	 * @return one object of the protocol
	 */
	Payload encode(Push push);

	/**
	 * Return how messages are written that go to many clients.
	 * @return the one format of this codec; each message becomes one object
	 */
	MessageFormat messages();

	/**
	 * Return how clients are told who has come to a channel and left it.
	 * @return the one format of this codec
	 */
	PresenceChangeFormat presenceChanges();

	/**
	 * Return the ping.
	 * @return one object of the protocol
	 */
	Payload ping();

	/**
	 * Put objects into one WebSocket message.
	 * @param objects at least two
	 * @return the message
	 */
	Payload join(List<Payload> objects);

}

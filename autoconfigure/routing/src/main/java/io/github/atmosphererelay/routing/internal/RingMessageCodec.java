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

package io.github.atmosphererelay.routing.internal;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.message.WireFormatException.Reason;
import io.github.atmosphererelay.message.internal.WireReader;
import io.github.atmosphererelay.message.internal.WireWriter;
import io.github.atmosphererelay.routing.Ring;
import io.github.atmosphererelay.routing.RingMember;
import io.github.atmosphererelay.routing.RingVersion;
import io.github.atmosphererelay.routing.internal.RingMessage.BusyUsers;
import io.github.atmosphererelay.routing.internal.RingMessage.Drain;
import io.github.atmosphererelay.routing.internal.RingMessage.Fence;
import io.github.atmosphererelay.routing.internal.RingMessage.Held;
import io.github.atmosphererelay.routing.internal.RingMessage.Hello;
import io.github.atmosphererelay.routing.internal.RingMessage.Publication;
import org.jspecify.annotations.Nullable;

/**
 * The binary form of {@link RingMessage}.
 */
final class RingMessageCodec {

	private static final byte VERSION = 1;

	private static final int MAX_NAME = 1_024;

	private RingMessageCodec() {
	}

	/**
	 * Encode a message.
	 */
	static byte[] encode(RingMessage message) {
		WireWriter out = new WireWriter();
		out.writeByte(VERSION);
		if (message instanceof Publication publication) {
			out.writeByte(1);
			write(out, publication);
		}
		else if (message instanceof Hello hello) {
			out.writeByte(2);
			out.writeLong(hello.number());
		}
		else if (message instanceof Fence fence) {
			out.writeByte(3);
			out.writeLong(fence.number());
		}
		else if (message instanceof Drain) {
			out.writeByte(4);
		}
		else if (message instanceof BusyUsers busy) {
			out.writeByte(5);
			out.writeInt(busy.sessions().size());
			busy.sessions().forEach((user, sessions) -> {
				out.writeString(user);
				out.writeInt(sessions);
			});
		}
		return out.toByteArray();
	}

	private static void write(WireWriter out, Publication publication) {
		RingVersion version = publication.version();
		out.writeLong(version.term());
		out.writeLong(version.counter());
		out.writeString(version.digest());
		out.writeId(publication.publisher());
		out.writeLong(publication.ageMillis());
		out.writeLong(publication.answers());
		out.writeInt(publication.members().size());
		for (RingMember member : publication.members()) {
			out.writeString(member.name());
			out.writeByte(member.weight());
			out.writeString((member.address() != null) ? member.address() : "");
		}
		out.writeInt(publication.spread().size());
		publication.spread().forEach(out::writeString);
		out.writeInt(publication.held().size());
		publication.held().forEach((name, held) -> {
			out.writeString(name);
			out.writeLong(held.remainingMillis());
			out.writeInt(held.departures());
		});
	}

	/**
	 * Decode a message.
	 * @return the message, or {@code null} if a later release has sent it
	 * @throws WireFormatException if it cannot be decoded
	 */
	static @Nullable RingMessage decode(ByteBuffer buffer) {
		WireReader in = new WireReader(buffer);
		in.readVersion(VERSION);
		return switch (in.readByte()) {
			case 1 -> publication(in);
			case 2 -> new Hello(in.readLong());
			case 3 -> new Fence(in.readLong());
			case 4 -> new Drain();
			case 5 -> busyUsers(in);
			default -> null;
		};
	}

	private static Publication publication(WireReader in) {
		RingVersion version = new RingVersion(in.readLong(), in.readLong(), in.readString(64));
		UUID publisher = in.readId();
		long age = in.readLong();
		long answers = in.readLong();
		List<RingMember> members = new ArrayList<>();
		for (int left = count(in, Ring.MAX_MEMBERS); left > 0; left--) {
			String name = in.readString(MAX_NAME);
			int weight = in.readByte();
			String address = in.readString(MAX_NAME);
			members.add(new RingMember(name, weight, address.isEmpty() ? null : address));
		}
		List<String> spread = new ArrayList<>();
		for (int left = count(in, Ring.MAX_SPREAD); left > 0; left--) {
			spread.add(in.readString(MAX_NAME));
		}
		Map<String, Held> held = new LinkedHashMap<>();
		for (int left = count(in, Ring.MAX_MEMBERS); left > 0; left--) {
			held.put(in.readString(MAX_NAME), new Held(in.readLong(), in.readInt()));
		}
		return new Publication(version, publisher, age, members, spread, held, answers);
	}

	private static BusyUsers busyUsers(WireReader in) {
		Map<String, Integer> sessions = new LinkedHashMap<>();
		for (int left = count(in, Ring.MAX_SPREAD); left > 0; left--) {
			sessions.put(in.readString(MAX_NAME), in.readInt());
		}
		return new BusyUsers(sessions);
	}

	private static int count(WireReader in, int max) {
		int count = in.readCount();
		if (count > max) {
			throw new WireFormatException(Reason.MALFORMED, "A list has " + count + " elements, and may have " + max);
		}
		return count;
	}

}

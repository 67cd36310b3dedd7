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

package io.github.atmosphererelay.cluster.internal;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.UUID;

import io.github.atmosphererelay.cluster.ClusterNode;
import io.github.atmosphererelay.cluster.NodeLoad;
import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.message.WireFormatException.Reason;
import io.github.atmosphererelay.message.internal.WireReader;
import io.github.atmosphererelay.message.internal.WireWriter;
import org.jspecify.annotations.Nullable;

/**
 * What nodes tell each other about themselves, and its binary form.
 *
 * @param type what is told
 * @param life the life of the node that it is about
 * @param sequence the number among the messages of that life
 * @param node the sender's description; only for heartbeats and joins
 */
record MembershipMessage(Type type, Life life, long sequence, @Nullable ClusterNode node) {

	private static final byte VERSION = 1;

	private static final int MAX_STRING = 256;

	byte[] encode() {
		WireWriter out = new WireWriter();
		out.writeByte(VERSION);
		out.writeByte(this.type.code);
		out.writeLong(this.life.start());
		out.writeInt(this.life.revision());
		out.writeLong(this.sequence);
		if (this.node != null) {
			out.writeString(cut(this.node.name()));
			out.writeString((this.node.address() != null) ? cut(this.node.address()) : "");
			out.writeLong(this.node.startedAt().toEpochMilli());
			out.writeString(cut(this.node.version()));
			NodeLoad load = this.node.load();
			out.writeInt(load.sessions());
			out.writeInt(load.channels());
			out.writeDouble(load.receivedPerSecond());
			out.writeDouble(load.deliveredPerSecond());
		}
		return out.toByteArray();
	}

	private static String cut(String text) {
		// A character is at most three bytes.
		return (text.length() <= MAX_STRING / 3) ? text : text.substring(0, MAX_STRING / 3);
	}

	/**
	 * Read a message. What a later release appends is left.
	 * @throws WireFormatException if it cannot be read, or is of a later version
	 */
	static MembershipMessage decode(UUID origin, ByteBuffer buffer) {
		WireReader in = new WireReader(buffer);
		in.readVersion(VERSION);
		Type type = Type.of(in.readByte());
		Life life = new Life(in.readLong(), in.readInt());
		long sequence = in.readLong();
		if (type != Type.HEARTBEAT && type != Type.JOIN) {
			return new MembershipMessage(type, life, sequence, null);
		}
		String name = in.readString(MAX_STRING);
		String address = in.readString(MAX_STRING);
		Instant startedAt = Instant.ofEpochMilli(in.readLong());
		String version = in.readString(MAX_STRING);
		NodeLoad load = new NodeLoad(in.readInt(), in.readInt(), in.readDouble(), in.readDouble());
		return new MembershipMessage(type, life, sequence,
				new ClusterNode(origin, name, address.isEmpty() ? null : address, startedAt, version, load));
	}

	/**
	 * What is told.
	 */
	enum Type {

		/**
		 * The sender is there.
		 */
		HEARTBEAT(1),

		/**
		 * The sender is there and does not know who else is.
		 */
		JOIN(2),

		/**
		 * The sender goes.
		 */
		LEAVE(3),

		/**
		 * The receiver's life that is named counts as over at the sender.
		 */
		GONE(4);

		private final byte code;

		Type(int code) {
			this.code = (byte) code;
		}

		private static Type of(byte code) {
			for (Type type : values()) {
				if (type.code == code) {
					return type;
				}
			}
			throw new WireFormatException(Reason.MALFORMED, "Unknown type " + code);
		}

	}

	/**
	 * One life of a node.
	 *
	 * @param start counts the starts of a node; what it knew before is gone
	 * @param revision counts how often it was taken for dead and was not; what it knows
	 * is as before
	 */
	record Life(long start, int revision) implements Comparable<Life> {

		@Override
		public int compareTo(Life other) {
			int byStart = Long.compare(this.start, other.start);
			return (byStart != 0) ? byStart : Integer.compare(this.revision, other.revision);
		}

	}

}

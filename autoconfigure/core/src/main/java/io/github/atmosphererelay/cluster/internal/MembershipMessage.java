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
import io.github.atmosphererelay.cluster.NodeRouting;
import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.message.WireFormatException.Reason;
import io.github.atmosphererelay.message.internal.WireReader;
import io.github.atmosphererelay.message.internal.WireWriter;
import org.jspecify.annotations.Nullable;

/**
 * A membership message between nodes, with its binary form.
 *
 * @param type what the message announces
 * @param life the life of the sender, or for {@link Type#GONE} the life of the receiver
 * @param sequence the number of the message among those of the sender's start
 * @param node the sender's description of itself; only for heartbeats and joins
 */
record MembershipMessage(Type type, Life life, long sequence, @Nullable ClusterNode node) {

	private static final byte VERSION = 1;

	private static final int MAX_STRING = 256;

	private static final int MAX_ADDRESS = 1_024;

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
			NodeRouting routing = this.node.routing();
			if (routing != null) {
				out.writeByte(routing.weight());
				out.writeString((routing.address() != null) ? routing.address() : "");
			}
		}
		return out.toByteArray();
	}

	private static String cut(String text) {
		// A UTF-16 code unit takes at most three bytes in UTF-8.
		return (text.length() <= MAX_STRING / 3) ? text : text.substring(0, MAX_STRING / 3);
	}

	/**
	 * Decode a message. Ignores bytes that a later release appends.
	 * @throws WireFormatException if the message cannot be decoded, or has a later
	 * version
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
		return new MembershipMessage(type, life, sequence, new ClusterNode(origin, name,
				address.isEmpty() ? null : address, startedAt, version, load, routing(in)));
	}

	/**
	 * Read the last part, which nodes without routing and earlier releases leave out.
	 */
	private static @Nullable NodeRouting routing(WireReader in) {
		if (in.remaining() == 0) {
			return null;
		}
		int weight = in.readByte();
		String address = in.readString(MAX_ADDRESS);
		if (weight < 0 || weight > 100) {
			throw new WireFormatException(Reason.MALFORMED, "The weight of a node is " + weight);
		}
		return new NodeRouting(weight, address.isEmpty() ? null : address);
	}

	/**
	 * The types of messages.
	 */
	enum Type {

		/**
		 * The sender is alive.
		 */
		HEARTBEAT(1),

		/**
		 * The sender is alive and asks all others to answer, because it does not know
		 * them.
		 */
		JOIN(2),

		/**
		 * The sender stops.
		 */
		LEAVE(3),

		/**
		 * The sender has removed the receiver: the given life of the receiver counts as
		 * over.
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
			throw new WireFormatException(Reason.MALFORMED, "Unknown type of membership message: " + code);
		}

	}

	/**
	 * A life of a node, which ends when the node stops or another node removes it.
	 *
	 * @param start the number of the node's start; a later start does not know what an
	 * earlier one knew
	 * @param revision how often another node has removed this node in this start although
	 * it was alive; its knowledge is unchanged
	 */
	record Life(long start, int revision) implements Comparable<Life> {

		@Override
		public int compareTo(Life other) {
			int byStart = Long.compare(this.start, other.start);
			return (byStart != 0) ? byStart : Integer.compare(this.revision, other.revision);
		}

	}

}

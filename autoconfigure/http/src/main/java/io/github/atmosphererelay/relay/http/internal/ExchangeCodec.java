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

package io.github.atmosphererelay.relay.http.internal;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.message.WireFormatException.Reason;
import io.github.atmosphererelay.message.internal.WireReader;
import io.github.atmosphererelay.message.internal.WireWriter;
import org.jspecify.annotations.Nullable;

/**
 * The format of requests and answers between peers, version 1: binary, all numbers
 * big-endian. Every length is checked before it is used. Stateless.
 */
final class ExchangeCodec {

	private static final byte MAGIC = 'A';

	private static final byte REQUEST = 'P';

	private static final byte ANSWER = 'Q';

	private static final byte VERSION = 1;

	private static final int MAX_SHORT = 0xFFFF;

	private ExchangeCodec() {
	}

	static byte[] encode(Exchange exchange) {
		WireWriter out = new WireWriter(
				256 + exchange.envelopes().stream().mapToInt((bytes) -> 4 + bytes.length).sum());
		out.writeByte(MAGIC);
		out.writeByte(REQUEST);
		out.writeByte(VERSION);
		writeText(out, exchange.cluster());
		out.writeId(exchange.sender());
		out.writeId((exchange.receiver() != null) ? exchange.receiver() : PeerProtocol.ANYBODY);
		writeText(out, (exchange.url() != null) ? exchange.url().toString() : "");
		out.writeByte(exchange.presence().ordinal());
		out.writeLong(exchange.interestVersion());
		write(out, exchange.update());
		out.writeInt(exchange.generation());
		out.writeLong(exchange.first());
		out.writeInt(exchange.envelopes().size());
		exchange.envelopes().forEach(out::writeBytes);
		return out.toByteArray();
	}

	private static void write(WireWriter out, InterestUpdate update) {
		if (update instanceof InterestUpdate.Delta delta) {
			out.writeByte(1);
			out.writeLong(delta.from());
			out.writeInt(delta.changes().size());
			delta.changes().forEach((change) -> {
				out.writeByte(change.added() ? 1 : 0);
				writeText(out, change.address());
			});
		}
		else if (update instanceof InterestUpdate.Part part) {
			out.writeByte(2);
			out.writeLong(part.version());
			out.writeInt(part.index());
			out.writeByte(part.last() ? 1 : 0);
			out.writeInt(part.addresses().size());
			part.addresses().forEach((address) -> writeText(out, address));
		}
		else {
			out.writeByte(0);
		}
	}

	/**
	 * Read a request.
	 * @param bytes the body
	 * @param maxEnvelope the maximum size of an encoded envelope
	 * @throws WireFormatException if it is none
	 */
	static Exchange decode(byte[] bytes, int maxEnvelope) {
		WireReader in = new WireReader(bytes);
		in.readMagic(MAGIC, REQUEST);
		in.readVersion(VERSION);
		String cluster = in.readShortString();
		UUID sender = in.readId();
		UUID receiver = in.readId();
		URI url = url(in.readShortString());
		Exchange.Presence presence = presence(in.readByte());
		long interestVersion = in.readLong();
		InterestUpdate update = readUpdate(in);
		int generation = in.readInt();
		long first = in.readLong();
		int count = in.readCount();
		List<byte[]> envelopes = new ArrayList<>(Math.min(count, 1024));
		for (int i = 0; i < count; i++) {
			envelopes.add(in.readBytes(maxEnvelope));
		}
		if (in.remaining() > 0 || first < 1 || interestVersion < 0) {
			throw new WireFormatException(Reason.MALFORMED, "A number is out of range, or bytes follow the end");
		}
		return new Exchange(cluster, sender, receiver.equals(PeerProtocol.ANYBODY) ? null : receiver, url, presence,
				interestVersion, update, generation, first, envelopes);
	}

	private static InterestUpdate readUpdate(WireReader in) {
		int kind = in.readByte();
		switch (kind) {
			case 0:
				return InterestUpdate.NONE;
			case 1:
				long from = in.readLong();
				int count = in.readCount();
				List<InterestUpdate.Change> changes = new ArrayList<>(Math.min(count, 1024));
				for (int i = 0; i < count; i++) {
					changes.add(new InterestUpdate.Change(in.readByte() != 0, in.readShortString()));
				}
				return new InterestUpdate.Delta(from, changes);
			case 2:
				long version = in.readLong();
				int index = in.readInt();
				boolean last = in.readByte() != 0;
				int number = in.readCount();
				List<String> addresses = new ArrayList<>(Math.min(number, 1024));
				for (int i = 0; i < number; i++) {
					addresses.add(in.readShortString());
				}
				return new InterestUpdate.Part(version, index, last, addresses);
			default:
				throw new WireFormatException(Reason.MALFORMED, "Unknown kind of update: " + kind);
		}
	}

	static byte[] encode(Answer answer) {
		WireWriter out = new WireWriter(88);
		out.writeByte(MAGIC);
		out.writeByte(ANSWER);
		out.writeByte(VERSION);
		out.writeId(answer.receiver());
		out.writeInt(answer.generation());
		out.writeLong(answer.progress());
		out.writeLong(answer.knownInterest());
		out.writeLong(answer.partialVersion());
		out.writeInt(answer.nextPart());
		out.writeLong(answer.ownInterest());
		out.writeLong(answer.missedMillis());
		return out.toByteArray();
	}

	/**
	 * Read an answer. An earlier release does not say what was missed. What follows is
	 * left, for later releases.
	 * @param bytes the body
	 * @throws WireFormatException if it is none
	 */
	static Answer decodeAnswer(byte[] bytes) {
		WireReader in = new WireReader(bytes);
		in.readMagic(MAGIC, ANSWER);
		in.readVersion(VERSION);
		return new Answer(in.readId(), in.readInt(), in.readLong(), in.readLong(), in.readLong(), in.readInt(),
				in.readLong(), (in.remaining() >= Long.BYTES) ? Math.max(0, in.readLong()) : 0);
	}

	private static Exchange.Presence presence(int code) {
		Exchange.Presence[] values = Exchange.Presence.values();
		if (code < 0 || code >= values.length) {
			throw new WireFormatException(Reason.MALFORMED, "Unknown presence: " + code);
		}
		return values[code];
	}

	private static @Nullable URI url(String text) {
		if (text.isEmpty()) {
			return null;
		}
		try {
			return PeerUrls.check(URI.create(text));
		}
		catch (IllegalArgumentException ex) {
			throw new WireFormatException(Reason.MALFORMED, "The sender's URL is not a base URL");
		}
	}

	private static void writeText(WireWriter out, String text) {
		byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
		if (bytes.length > MAX_SHORT) {
			throw new IllegalArgumentException("An address or name has more than " + MAX_SHORT + " bytes");
		}
		out.writeShortBytes(bytes);
	}

}

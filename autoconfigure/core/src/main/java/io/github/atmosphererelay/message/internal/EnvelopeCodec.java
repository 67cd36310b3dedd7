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

package io.github.atmosphererelay.message.internal;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;

import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Envelope.Kind;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Sequence;
import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.message.WireFormatException.Reason;
import org.jspecify.annotations.Nullable;

/**
 * The wire format of envelopes between nodes: version 1, binary, all numbers big-endian.
 * Every length is checked before it is used, see {@link WireReader}, so that a truncated,
 * oversized or foreign message costs one exception and no memory. Thread-safe; does not
 * block.
 */
public final class EnvelopeCodec {

	/**
	 * The maximum number of headers of an envelope.
	 */
	public static final int MAX_HEADERS = 64;

	/**
	 * The maximum size of all headers of an envelope together, in encoded bytes.
	 */
	public static final int MAX_HEADER_BYTES = 16 * 1024;

	private static final byte MAGIC_1 = 'A';

	private static final byte MAGIC_2 = 'R';

	private static final byte VERSION = 1;

	private static final int FLAG_BINARY = 1;

	private static final int FLAG_SEQUENCE = 1 << 1;

	private static final int FLAG_LOG = 1 << 2;

	private static final int MAX_EXTENSION = 0xFFFF;

	private static final int FIXED_LENGTH = 2 + 1 + 1 + 1 + 16 + 16 + 8;

	private final int maxPayloadBytes;

	/**
	 * Create a codec.
	 * @param maxPayloadBytes the maximum size of a payload in bytes
	 */
	public EnvelopeCodec(int maxPayloadBytes) {
		this.maxPayloadBytes = maxPayloadBytes;
	}

	/**
	 * Return the maximum size of a payload.
	 * @return the limit in bytes
	 */
	public int maxPayloadBytes() {
		return this.maxPayloadBytes;
	}

	/**
	 * Encode an envelope.
	 * @param envelope the envelope
	 * @return the bytes
	 * @throws IllegalArgumentException if a part of the envelope is longer than the
	 * format or the limit allows
	 */
	public byte[] encode(Envelope envelope) {
		Payload payload = envelope.payload();
		if (payload.size() > this.maxPayloadBytes) {
			throw new IllegalArgumentException(
					"The payload has " + payload.size() + " bytes, more than the maximum of " + this.maxPayloadBytes);
		}
		byte[] target = utf8(target(envelope.audience()));
		byte[] except = utf8(envelope.audience().exceptSession());
		byte[][] headers = headers(envelope.headers());
		LogOptions log = envelope.log();
		byte[] key = utf8((log != null) ? log.idempotencyKey() : null);
		int length = FIXED_LENGTH + 1 + 2 + target.length + 2 + except.length + 2 + 2 + 4 + payload.size();
		for (byte[] part : headers) {
			length += 2 + part.length;
		}
		length += (envelope.sequence() != null) ? 16 : 0;
		length += (log != null) ? 4 + 8 + 2 + key.length + 8 : 0;
		// The exact size, so that the writer's array is passed to the broker without a
		// copy.
		WireWriter out = new WireWriter(length);
		out.writeByte(MAGIC_1);
		out.writeByte(MAGIC_2);
		out.writeByte(VERSION);
		out.writeByte(code(envelope.kind()));
		out.writeByte((payload.isBinary() ? FLAG_BINARY : 0) | ((envelope.sequence() != null) ? FLAG_SEQUENCE : 0)
				| ((log != null) ? FLAG_LOG : 0));
		out.writeId(envelope.origin());
		out.writeId(envelope.id());
		out.writeLong(envelope.time());
		out.writeByte(type(envelope.audience()));
		out.writeShortBytes(target);
		out.writeShortBytes(except);
		out.writeShort(headers.length / 2);
		for (byte[] part : headers) {
			out.writeShortBytes(part);
		}
		if (envelope.sequence() != null) {
			out.writeLong(envelope.sequence().series());
			out.writeLong(envelope.sequence().number());
		}
		if (log != null) {
			out.writeInt(log.size());
			out.writeLong(log.retention().toMillis());
			out.writeShortBytes(key);
			out.writeLong(log.idempotencyWindow().toMillis());
		}
		// The length of an extension, with which later releases can add parts without a
		// new version.
		out.writeShort(0);
		out.writeBytes(payload.bytes());
		return out.toByteArray();
	}

	/**
	 * Decode an envelope.
	 * @param bytes the bytes from the broker; not modified
	 * @return the envelope
	 * @throws WireFormatException if the bytes are not a valid envelope
	 */
	public Envelope decode(byte[] bytes) {
		WireReader in = new WireReader(bytes);
		in.readMagic(MAGIC_1, MAGIC_2);
		in.readVersion(VERSION);
		in.require(FIXED_LENGTH - 3);
		Kind kind = kind(in.readByte());
		int flags = in.readByte();
		UUID origin = in.readId();
		UUID id = in.readId();
		long time = in.readLong();
		Audience audience = readAudience(in);
		Map<String, String> headers = readHeaders(in);
		Sequence sequence = ((flags & FLAG_SEQUENCE) != 0) ? readSequence(in) : null;
		LogOptions log = ((flags & FLAG_LOG) != 0) ? readLog(in) : null;
		in.readShortBytes(MAX_EXTENSION);
		Payload payload = readPayload(in, (flags & FLAG_BINARY) != 0);
		if (in.remaining() > 0) {
			throw new WireFormatException(Reason.MALFORMED, in.remaining() + " bytes follow the end of the envelope");
		}
		return new Envelope(id, origin, kind, time, audience, headers, payload, sequence, log);
	}

	private static byte code(Kind kind) {
		return switch (kind) {
			case MESSAGE -> 1;
			case PROBE -> 2;
			case CONTROL -> 3;
		};
	}

	/**
	 * Check that an envelope can carry the given headers.
	 * @param headers the headers
	 * @throws IllegalArgumentException if they are too many or too long
	 */
	public static void checkHeaders(Map<String, String> headers) {
		if (!headers.isEmpty()) {
			headers(headers);
		}
	}

	private static Kind kind(byte code) {
		return switch (code) {
			case 1 -> Kind.MESSAGE;
			case 2 -> Kind.PROBE;
			case 3 -> Kind.CONTROL;
			default -> throw new WireFormatException(Reason.MALFORMED, "Unknown kind of envelope: " + (code & 0xFF));
		};
	}

	private static byte type(Audience audience) {
		if (audience instanceof Audience.Channel) {
			return 1;
		}
		if (audience instanceof Audience.User) {
			return 2;
		}
		if (audience instanceof Audience.Session) {
			return 3;
		}
		if (audience instanceof Audience.Node) {
			return 4;
		}
		return (byte) ((audience instanceof Audience.Everyone) ? 5 : 6);
	}

	private static String target(Audience audience) {
		if (audience instanceof Audience.Channel channel) {
			return channel.channel();
		}
		if (audience instanceof Audience.User user) {
			return user.user();
		}
		if (audience instanceof Audience.Session session) {
			return session.node() + "/" + session.session();
		}
		if (audience instanceof Audience.Bucket bucket) {
			return bucket.name() + "/" + bucket.number();
		}
		return (audience instanceof Audience.Node node) ? node.node().toString() : "";
	}

	private static Audience readAudience(WireReader in) {
		int type = in.readByte();
		String target = in.readShortString();
		String except = in.readShortString();
		String exceptSession = except.isEmpty() ? null : except;
		try {
			return switch (type) {
				case 1 -> new Audience.Channel(ChannelNames.check(target), exceptSession);
				case 2 -> new Audience.User(target, exceptSession);
				case 3 -> readSession(target);
				case 4 -> new Audience.Node(UUID.fromString(target));
				case 5 -> new Audience.Everyone(exceptSession);
				case 6 -> readBucket(target);
				default -> throw new WireFormatException(Reason.MALFORMED, "Unknown type of audience: " + type);
			};
		}
		catch (IllegalArgumentException ex) {
			throw new WireFormatException(Reason.MALFORMED, "The target of the audience is invalid");
		}
	}

	private static Audience.Session readSession(String target) {
		int slash = target.indexOf('/');
		if (slash < 0) {
			throw new WireFormatException(Reason.MALFORMED, "The target of a session audience has no slash");
		}
		return new Audience.Session(UUID.fromString(target.substring(0, slash)), target.substring(slash + 1));
	}

	private static Audience.Bucket readBucket(String target) {
		int slash = target.indexOf('/');
		String number = target.substring(slash + 1);
		Audience.Bucket bucket = new Audience.Bucket(target.substring(0, Math.max(0, slash)), Integer.parseInt(number));
		if (!Integer.toString(bucket.number()).equals(number)) {
			// One bucket would have several addresses, such as "names/3" and "names/03".
			throw new WireFormatException(Reason.MALFORMED, "The number of a bucket audience has needless characters");
		}
		return bucket;
	}

	private static byte[][] headers(Map<String, String> headers) {
		if (headers.size() > MAX_HEADERS) {
			throw new IllegalArgumentException(
					"The message has " + headers.size() + " headers; the maximum is " + MAX_HEADERS);
		}
		byte[][] parts = new byte[headers.size() * 2][];
		int index = 0;
		int total = 0;
		for (Map.Entry<String, String> header : headers.entrySet()) {
			parts[index] = utf8(header.getKey());
			parts[index + 1] = utf8(header.getValue());
			total += parts[index].length + parts[index + 1].length;
			index += 2;
		}
		if (total > MAX_HEADER_BYTES) {
			throw new IllegalArgumentException(
					"The headers of the message have " + total + " bytes; the maximum is " + MAX_HEADER_BYTES);
		}
		return parts;
	}

	private static Map<String, String> readHeaders(WireReader in) {
		int count = in.readShort();
		if (count > MAX_HEADERS) {
			throw new WireFormatException(Reason.OVERSIZED,
					"The envelope has " + count + " headers; the maximum is " + MAX_HEADERS);
		}
		if (count == 0) {
			return Map.of();
		}
		int start = in.remaining();
		Map<String, String> headers = new LinkedHashMap<>();
		for (int i = 0; i < count; i++) {
			headers.put(in.readShortString(), in.readShortString());
			if (start - in.remaining() > MAX_HEADER_BYTES + 4 * MAX_HEADERS) {
				throw new WireFormatException(Reason.OVERSIZED, "The headers of the envelope are too large");
			}
		}
		return headers;
	}

	private static Sequence readSequence(WireReader in) {
		long series = in.readLong();
		long number = in.readLong();
		if (number < 1) {
			throw new WireFormatException(Reason.MALFORMED, "The sequence number is less than 1");
		}
		return new Sequence(series, number);
	}

	private static LogOptions readLog(WireReader in) {
		int size = in.readInt();
		long retention = in.readLong();
		String key = in.readShortString();
		long window = in.readLong();
		if (size < 1 || retention < 1 || window < 1) {
			throw new WireFormatException(Reason.MALFORMED, "The size, retention or idempotency window is less than 1");
		}
		return new LogOptions(size, Duration.ofMillis(retention), key.isEmpty() ? null : key,
				Duration.ofMillis(window));
	}

	private Payload readPayload(WireReader in, boolean binary) {
		byte[] bytes = in.readBytes(this.maxPayloadBytes);
		if (!binary && !Utf8.isValid(bytes)) {
			throw new WireFormatException(Reason.MALFORMED, "The text payload is not UTF-8");
		}
		return binary ? Payload.binary(bytes) : Payload.text(bytes);
	}

	private static byte[] utf8(@Nullable String text) {
		byte[] bytes = (text != null) ? text.getBytes(StandardCharsets.UTF_8) : new byte[0];
		if (bytes.length > 0xFFFF) {
			throw new IllegalArgumentException(
					"A name, key or header has " + bytes.length + " bytes; the maximum is" + " 65535");
		}
		return bytes;
	}

}

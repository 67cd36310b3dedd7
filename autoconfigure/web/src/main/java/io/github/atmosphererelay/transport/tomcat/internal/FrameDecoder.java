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

package io.github.atmosphererelay.transport.tomcat.internal;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

import org.jspecify.annotations.Nullable;

/**
 * Decodes a client's frames (RFC 6455, section 5), however they are split into reads.
 * Payload is passed on as it arrives. Only an incomplete header, control frame or
 * character is kept, so an idle connection needs hardly any memory, and frames can have
 * any length. For one thread at a time.
 */
final class FrameDecoder {

	private static final int MAX_HEADER = 14;

	private static final int MAX_CONTROL = 125;

	/** The maximum number of bytes of an incomplete UTF-8 character. */
	private static final int MAX_BEGUN = 3;

	private final FrameListener listener;

	/** The received part of a header or of a control frame's payload. */
	private byte @Nullable [] kept;

	private int keptLength;

	private boolean inPayload;

	private boolean last;

	private int opcode;

	/**
	 * The opcode of the message that is being received; {@code CONTINUATION} if there is
	 * none.
	 */
	private int messageOpcode = Opcode.CONTINUATION;

	private int mask;

	/** The number of payload bytes of the frame that have not arrived yet. */
	private long missing;

	private boolean closed;

	/** The decoder of a text that arrives in parts, otherwise {@code null}. */
	private @Nullable CharsetDecoder decoder;

	/** The bytes of an incomplete character. */
	private byte @Nullable [] begun;

	FrameDecoder(FrameListener listener) {
		this.listener = listener;
	}

	/**
	 * Decode the bytes that were read. Changes the buffer's content.
	 * @param input the bytes, with an accessible array; all are consumed
	 * @throws ProtocolException if the client violates the protocol; nothing more must be
	 * decoded after that
	 */
	void decode(ByteBuffer input) throws ProtocolException {
		while (input.hasRemaining() && !this.closed) {
			if (!this.inPayload && !header(input)) {
				return;
			}
			if (Opcode.isControl(this.opcode)) {
				control(input);
			}
			else {
				data(input);
			}
		}
		if (this.closed) {
			input.position(input.limit());
		}
	}

	private boolean header(ByteBuffer input) throws ProtocolException {
		ByteBuffer header = input;
		if (this.kept != null) {
			// Byte by byte, because a header is rarely split over two reads
			this.kept[this.keptLength++] = input.get();
			header = ByteBuffer.wrap(this.kept, 0, this.keptLength);
		}
		int start = header.position();
		int length = headerLength(header);
		if (length < 0 || header.remaining() < length) {
			if (this.kept == null) {
				this.kept = new byte[MAX_HEADER];
				this.keptLength = header.remaining();
				header.get(this.kept, 0, this.keptLength);
			}
			return input.hasRemaining() && header(input);
		}
		read(header, start, length);
		header.position(start + length);
		this.kept = null;
		this.keptLength = 0;
		// A frame without payload is already complete, and must be processed now
		return true;
	}

	private static int headerLength(ByteBuffer header) throws ProtocolException {
		if (header.remaining() < 2) {
			return -1;
		}
		int second = header.get(header.position() + 1);
		if ((second & 0x80) == 0) {
			throw new ProtocolException(ProtocolException.PROTOCOL_ERROR, "a frame is not masked");
		}
		return switch (second & 127) {
			case 126 -> 8;
			case 127 -> 14;
			default -> 6;
		};
	}

	private void read(ByteBuffer header, int start, int length) throws ProtocolException {
		int first = header.get(start);
		this.last = (first & 0x80) != 0;
		this.opcode = first & 15;
		if ((first & 0x70) != 0) {
			throw new ProtocolException(ProtocolException.PROTOCOL_ERROR, "a frame uses an extension");
		}
		this.missing = switch (length) {
			case 8 -> header.getShort(start + 2) & 0xFFFF;
			case 14 -> header.getLong(start + 2);
			default -> header.get(start + 1) & 127;
		};
		if (this.missing < 0) {
			throw new ProtocolException(ProtocolException.PROTOCOL_ERROR, "a frame has no sensible length");
		}
		if ((length == 8 && this.missing < 126) || (length == 14 && this.missing < 65536)) {
			throw new ProtocolException(ProtocolException.PROTOCOL_ERROR,
					"a frame's length is not written in as few bytes as possible");
		}
		this.mask = header.getInt(start + length - 4);
		this.inPayload = true;
		check();
	}

	private void check() throws ProtocolException {
		switch (this.opcode) {
			case Opcode.TEXT, Opcode.BINARY -> {
				if (this.messageOpcode != Opcode.CONTINUATION) {
					throw new ProtocolException(ProtocolException.PROTOCOL_ERROR,
							"a message begins before the last one has ended");
				}
				this.messageOpcode = this.opcode;
			}
			case Opcode.CONTINUATION -> {
				if (this.messageOpcode == Opcode.CONTINUATION) {
					throw new ProtocolException(ProtocolException.PROTOCOL_ERROR, "a frame continues no message");
				}
			}
			case Opcode.CLOSE, Opcode.PING, Opcode.PONG -> {
				if (!this.last || this.missing > MAX_CONTROL) {
					throw new ProtocolException(ProtocolException.PROTOCOL_ERROR,
							"a control frame is too long or fragmented");
				}
			}
			default -> throw new ProtocolException(ProtocolException.PROTOCOL_ERROR, "a frame is of an unknown kind");
		}
	}

	private void data(ByteBuffer input) throws ProtocolException {
		ByteBuffer part = part(input);
		boolean end = this.last && this.missing == 0;
		boolean empty = !part.hasRemaining();
		this.inPayload = this.missing > 0;
		if (this.messageOpcode == Opcode.TEXT) {
			text(part, end, empty && !this.inPayload);
		}
		else if (end || !empty || !this.inPayload) {
			this.listener.binary(part, end);
		}
		if (end) {
			this.messageOpcode = Opcode.CONTINUATION;
		}
	}

	/**
	 * Return the frame's payload that is in the buffer, unmasked in place.
	 */
	private ByteBuffer part(ByteBuffer input) {
		int length = (int) Math.min(this.missing, input.remaining());
		ByteBuffer part = input.slice(input.position(), length);
		input.position(input.position() + length);
		unmask(part);
		this.missing -= length;
		return part;
	}

	private void unmask(ByteBuffer part) {
		int mask = this.mask;
		int length = part.remaining();
		long wide = ((long) mask << 32) | (mask & 0xFFFFFFFFL);
		int i = 0;
		for (; i + 8 <= length; i += 8) {
			part.putLong(i, part.getLong(i) ^ wide);
		}
		for (; i < length; i++) {
			part.put(i, (byte) (part.get(i) ^ (mask >>> (24 - 8 * (i & 3)))));
		}
		// The payload of the next read continues within the mask
		this.mask = Integer.rotateLeft(mask, 8 * (length & 3));
	}

	private void text(ByteBuffer part, boolean end, boolean emptyFrame) throws ProtocolException {
		if (end && this.decoder == null) {
			this.listener.text(complete(part), true);
			return;
		}
		CharsetDecoder decoder = this.decoder;
		if (decoder == null) {
			decoder = StandardCharsets.UTF_8.newDecoder();
			this.decoder = decoder;
		}
		String text = partial(decoder, part, end);
		if (end) {
			this.decoder = null;
			this.begun = null;
		}
		if (end || emptyFrame || !text.isEmpty()) {
			this.listener.text(text, end);
		}
	}

	private static String complete(ByteBuffer part) throws ProtocolException {
		try {
			return StandardCharsets.UTF_8.newDecoder().decode(part).toString();
		}
		catch (CharacterCodingException ex) {
			throw notUtf8();
		}
	}

	private String partial(CharsetDecoder decoder, ByteBuffer part, boolean end) throws ProtocolException {
		ByteBuffer bytes = part;
		if (this.begun != null) {
			bytes = ByteBuffer.allocate(this.begun.length + part.remaining()).put(this.begun).put(part).flip();
			this.begun = null;
		}
		CharBuffer chars = CharBuffer.allocate(bytes.remaining());
		CoderResult result = decoder.decode(bytes, chars, end);
		if (result.isError() || bytes.remaining() > MAX_BEGUN) {
			throw notUtf8();
		}
		if (bytes.hasRemaining()) {
			this.begun = new byte[bytes.remaining()];
			bytes.get(this.begun);
		}
		return chars.flip().toString();
	}

	private static ProtocolException notUtf8() {
		return new ProtocolException(ProtocolException.NOT_CONSISTENT, "a text is not UTF-8");
	}

	private void control(ByteBuffer input) throws ProtocolException {
		ByteBuffer part = part(input);
		if (this.missing > 0 || this.kept != null) {
			if (this.kept == null) {
				this.kept = new byte[MAX_CONTROL];
			}
			int length = part.remaining();
			part.get(this.kept, this.keptLength, length);
			this.keptLength += length;
			if (this.missing > 0) {
				return;
			}
			part = ByteBuffer.wrap(Arrays.copyOf(this.kept, this.keptLength));
			this.kept = null;
			this.keptLength = 0;
		}
		this.inPayload = false;
		byte[] data = new byte[part.remaining()];
		part.get(data);
		switch (this.opcode) {
			case Opcode.PING -> this.listener.ping(data);
			case Opcode.PONG -> this.listener.pong(data);
			default -> close(data);
		}
	}

	private void close(byte[] data) throws ProtocolException {
		this.closed = true;
		if (data.length == 0) {
			this.listener.close(1005, "");
			return;
		}
		int code = (data.length > 1) ? ((data[0] & 0xFF) << 8) | (data[1] & 0xFF) : 0;
		if (!CloseCodes.isValid(code)) {
			throw new ProtocolException(ProtocolException.PROTOCOL_ERROR, "a close frame has no valid code");
		}
		this.listener.close(code, complete(ByteBuffer.wrap(data, 2, data.length - 2)));
	}

}

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
import java.util.Objects;

import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.message.WireFormatException.Reason;
import io.github.atmosphererelay.message.internal.WireReader;
import io.github.atmosphererelay.message.internal.WireWriter;
import org.jspecify.annotations.Nullable;

/**
 * A request to other nodes or an answer to a request, with its binary form.
 *
 * @param request the number that the asking node has given to the request
 * @param operation the code of the {@link Operation}; 0 in an answer
 * @param timeoutMillis how long the asking node waits, in milliseconds; 0 in an answer
 * @param status whether the request has succeeded, or {@code null} in a request
 * @param body in the format of the operation; the error message in an answer with a
 * failure
 */
record CommandMessage(long request, byte operation, int timeoutMillis, @Nullable Status status, byte[] body) {

	/** The size of a message without its body in bytes, rounded up. */
	static final int OVERHEAD = 64;

	private static final byte VERSION = 1;

	private static final byte REQUEST = 1;

	private static final byte ANSWER = 2;

	static CommandMessage request(long number, Operation operation, int timeoutMillis, byte[] body) {
		return new CommandMessage(number, operation.code, timeoutMillis, null, body);
	}

	static CommandMessage answer(long number, Status status, byte[] body) {
		return new CommandMessage(number, (byte) 0, 0, status, body);
	}

	byte[] encode() {
		WireWriter out = new WireWriter();
		out.writeByte(VERSION);
		out.writeByte((this.status == null) ? REQUEST : ANSWER);
		out.writeLong(this.request);
		if (this.status == null) {
			out.writeByte(this.operation);
			out.writeInt(this.timeoutMillis);
		}
		else {
			out.writeByte(this.status.ordinal());
		}
		out.writeBytes(this.body);
		return out.toByteArray();
	}

	static CommandMessage decode(ByteBuffer buffer) {
		WireReader in = new WireReader(buffer);
		in.readVersion(VERSION);
		byte kind = in.readByte();
		long request = in.readLong();
		if (kind == REQUEST) {
			return new CommandMessage(request, in.readByte(), in.readInt(), null, in.readBytes(Integer.MAX_VALUE));
		}
		if (kind == ANSWER) {
			return answer(request, Status.of(in.readByte()), in.readBytes(Integer.MAX_VALUE));
		}
		throw new WireFormatException(Reason.MALFORMED, "Unknown kind of command message: " + kind);
	}

	/**
	 * The operations that nodes perform for each other. The codes are part of the wire
	 * format.
	 */
	enum Operation {

		LIST_SESSIONS(1), DISCONNECT_USER(2), DISCONNECT_SESSION(3), SUBSCRIBE(4), UNSUBSCRIBE(5), ASK(6), COUNT(7),
		ROUTE(8), CLIENT_COMMANDS(9);

		private final byte code;

		Operation(int code) {
			this.code = (byte) code;
		}

		static @Nullable Operation of(byte code) {
			for (Operation operation : values()) {
				if (operation.code == code) {
					return operation;
				}
			}
			return null;
		}

	}

	/**
	 * The result of a request. The ordinals are part of the wire format.
	 */
	enum Status {

		DONE, FAILED;

		private static Status of(byte ordinal) {
			return switch (Objects.checkIndex(ordinal, 2)) {
				case 0 -> DONE;
				default -> FAILED;
			};
		}

	}

}

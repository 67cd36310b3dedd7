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

import java.io.IOException;

/**
 * Thrown when the client has violated the protocol. The code says how (RFC 6455, section
 * 7.4.1).
 */
final class ProtocolException extends IOException {

	static final int PROTOCOL_ERROR = 1002;

	static final int NOT_CONSISTENT = 1007;

	private final int code;

	ProtocolException(int code, String message) {
		super(message);
		this.code = code;
	}

	int code() {
		return this.code;
	}

}

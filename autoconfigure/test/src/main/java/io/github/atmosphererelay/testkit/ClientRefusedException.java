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

package io.github.atmosphererelay.testkit;

/**
 * The handshake of a {@link RelayClient} was refused.
 */
public class ClientRefusedException extends RuntimeException {

	private final int status;

	private final String reason;

	ClientRefusedException(String client, int status, String reason, Throwable cause) {
		super("%s was refused with status %d: %s".formatted(client, status, reason), cause);
		this.status = status;
		this.reason = reason;
	}

	/**
	 * Return the status of the HTTP response.
	 * @return for example 403
	 */
	public int status() {
		return this.status;
	}

	/**
	 * Return the body of the HTTP response, which gives the reason.
	 * @return the text, empty if there was none
	 */
	public String reason() {
		return this.reason;
	}

}

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

package io.github.atmosphererelay.relay;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * The broker is unreachable, or refuses the request for now. A message that fails with
 * this exception was certainly not published. This is temporary: the relay reconnects by
 * itself.
 */
public class RelayUnavailableException extends RelayException {

	private final boolean refusal;

	/**
	 * Create the exception.
	 * @param relay the relay's name
	 * @param cause the exception of the client library, or {@code null}
	 */
	public RelayUnavailableException(String relay, @Nullable Throwable cause) {
		super("The " + relay + " relay is not connected to its broker", cause);
		this.refusal = false;
	}

	/**
	 * Create the exception for a relay that was reached.
	 * @param cause the broker's answer
	 * @param message the message
	 */
	RelayUnavailableException(Throwable cause, String message) {
		super(message, cause);
		this.refusal = true;
	}

	private RelayUnavailableException(String message) {
		super(message, null);
		this.refusal = false;
	}

	/**
	 * Return whether the broker was reached and has answered that it does not do what was
	 * asked. If not, it is away or slow.
	 * @return whether the broker has refused it
	 */
	public boolean isRefusal() {
		return this.refusal;
	}

	/**
	 * Create the exception for a request that the broker has refused, for example because
	 * its memory is full.
	 * @param relay the relay's name
	 * @param refusal the broker's answer
	 * @return the exception
	 */
	public static RelayUnavailableException forRefusal(String relay, Throwable refusal) {
		return new RelayUnavailableException(refusal,
				"The broker of the " + relay + " relay has refused what was sent: " + refusal.getMessage());
	}

	/**
	 * Create the exception for a read that has timed out.
	 * @param relay the relay's name
	 * @param timeout the timeout of a read
	 * @return the exception
	 */
	public static RelayUnavailableException forSlowRead(String relay, Duration timeout) {
		return new RelayUnavailableException("Reading a log of the " + relay + " relay took more than "
				+ timeout.toMillis() + " ms: its broker is away or slow, or the log too long to be looked through");
	}

}

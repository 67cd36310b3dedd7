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

package io.github.atmosphererelay.door.internal;

/**
 * Tells which failures of a handshake are the client's fault. What has wrapped the
 * request before it came to a door, such as Spring Security's firewall, may throw when a
 * header is read.
 */
@FunctionalInterface
public interface HandshakeFailures {

	/**
	 * Nothing but the doors themselves looks at what clients send.
	 */
	HandshakeFailures NONE = (failure) -> false;

	/**
	 * Return whether an exception means that a request was rejected for what it says.
	 * @param failure the exception
	 * @return whether the client is answered with 400, and nothing is logged
	 */
	boolean isRejection(Throwable failure);

}

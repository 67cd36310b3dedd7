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
 * Recognizes failures of a handshake that are the client's fault. A filter that has
 * wrapped the request before it reaches a door, such as Spring Security's firewall, may
 * throw an exception when a header is read.
 */
@FunctionalInterface
public interface HandshakeFailures {

	/**
	 * There is no such filter.
	 */
	HandshakeFailures NONE = (failure) -> false;

	/**
	 * Return whether an exception means that a request was rejected because of its
	 * content.
	 * @param failure the exception
	 * @return whether to answer the client with 400 and to log nothing
	 */
	boolean isRejection(Throwable failure);

}

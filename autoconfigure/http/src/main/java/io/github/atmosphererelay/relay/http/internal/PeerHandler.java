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

import java.util.UUID;

/**
 * Handles the requests that the peers' endpoint has found to be authentic. Called by
 * threads of the web server, any number at once.
 */
interface PeerHandler {

	/**
	 * Return whether a request is for this node, or for whatever node is here.
	 * @param receiver the receiver of which the request says that it is for it
	 */
	boolean isFor(UUID receiver);

	/**
	 * Return what this node says to somebody who does not know it.
	 * @return the body of the answer
	 */
	byte[] introduction();

	/**
	 * Handle a request. Waits a quarter of a second at most.
	 * @param receiver the node that it is for, or {@link PeerProtocol#ANYBODY}
	 * @param sender the node that has sent it
	 * @param body its body
	 * @return the answer
	 * @throws RefusedException if it is refused
	 * @throws io.github.atmosphererelay.message.WireFormatException if it cannot be read
	 * @throws InterruptedException if the thread is interrupted
	 */
	Handled handle(UUID receiver, UUID sender, byte[] body) throws InterruptedException;

	/**
	 * The answer to a request.
	 *
	 * @param answer its body
	 * @param last whether the connection is not needed any more
	 */
	record Handled(byte[] answer, boolean last) {
	}

}

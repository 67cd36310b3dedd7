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

package io.github.atmosphererelay.delivery.internal;

import io.github.atmosphererelay.message.Publication;

/**
 * Gets everything that is delivered in one channel on this node, beside the sessions. The
 * methods are called on the threads that publish and receive, possibly event loops and
 * with a lock held. They return quickly, never block, and call neither the relay nor the
 * application.
 */
public interface ChannelTap {

	/**
	 * A publication is delivered. Those of a recorded channel come in the order of the
	 * log, each once, by one thread at a time; those of an ephemeral channel in the order
	 * of each publishing node.
	 * @param publication the publication
	 */
	void published(Publication publication);

	/**
	 * Publications of other nodes have not arrived, or may not have. If the channel is
	 * recorded, the node finds out by reading the log.
	 * @param number the number of publications, or
	 * {@link io.github.atmosphererelay.message.Discontinuity#UNKNOWN}
	 */
	void missed(long number);

	/**
	 * The next publication of the recorded channel need not be the one that follows the
	 * last one, because the node continues at another position of the log.
	 */
	void moved();

	/**
	 * Publications of the recorded channel are lost, and reading the log does not show
	 * the loss.
	 */
	void lost();

}

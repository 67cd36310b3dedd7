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

package io.github.atmosphererelay.feed;

import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

import org.jspecify.annotations.Nullable;

/**
 * Tells redistributors which node wants which channels. One object serves all feeds of a
 * process, for both roles: nodes {@linkplain #publish publish}, redistributors
 * {@linkplain #listen listen}.
 * <p>
 * Threads: the methods are called by any thread and must not block. The listener is
 * called by one thread at a time.
 * <p>
 * Bounds: at most one change of a node and feed is being published at a time; the caller
 * merges further ones meanwhile. An implementation that keeps more in memory than the
 * present interest of live nodes has to bound it.
 * <p>
 * Errors: a future fails with any exception; the caller then publishes the whole interest
 * of the feed again by {@link #replace}, after a pause. Nothing may be dropped without a
 * failure or a {@link Listener#replaced} that repairs it.
 */
public interface BackChannel {

	/**
	 * Return the short name, such as {@code kafka} or {@code cache}, for meters and the
	 * actuator endpoint.
	 * @return the name
	 */
	String name();

	/**
	 * Publish a change of this node's interest.
	 * @param change the change
	 * @return completes when redistributors that listen, or begin to, will certainly
	 * learn of the change
	 */
	CompletableFuture<@Nullable Void> publish(InterestChange change);

	/**
	 * Publish all of a node's interest in a feed, in place of what was published before:
	 * when the node starts, and after a failure.
	 * @param feed the feed's name
	 * @param node the node's id
	 * @param version the version, greater than that of every change before
	 * @param channels all channels that the node wants
	 * @return completes as that of {@link #publish}
	 */
	CompletableFuture<@Nullable Void> replace(String feed, UUID node, long version, Set<String> channels);

	/**
	 * Remove all that a node has published, in all feeds, because it has left the cluster
	 * or has died. Called by one or more redistributors, and by a node that stops.
	 * @param node the node's id
	 * @return completes when it is removed
	 */
	CompletableFuture<@Nullable Void> forget(UUID node);

	/**
	 * Begin to listen, as a redistributor.
	 * @param listener learns of the interest of all nodes
	 * @return completes when the listener knows everything that was published before this
	 * call. Until then the redistributor takes no partitions: it would drop records that
	 * nodes want
	 */
	CompletableFuture<@Nullable Void> listen(Listener listener);

	/**
	 * Stop. Open futures fail, and after this has returned the listener is not called any
	 * more. May block for up to two seconds.
	 */
	void stop();

	/**
	 * Learns which node wants which channels. Methods do not block. They are called by
	 * one thread at a time, and the changes of one node and feed in the order of their
	 * versions, none left out.
	 */
	interface Listener {

		/**
		 * A node has changed its interest. The version is greater by 1 than the last one
		 * that was reported for the node and feed.
		 * @param change the change
		 */
		void changed(InterestChange change);

		/**
		 * The interest of a node in a feed is this, whatever was reported before: it was
		 * read as a whole, for example after a lost connection.
		 * @param feed the feed's name
		 * @param node the node's id
		 * @param version the version of the last change that it has
		 * @param channels all channels that the node wants
		 */
		void replaced(String feed, UUID node, long version, Set<String> channels);

		/**
		 * A node wants nothing any more.
		 * @param node the node's id
		 */
		void forgotten(UUID node);

	}

}

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

import java.time.Duration;

import io.github.atmosphererelay.cluster.Cluster;
import io.github.atmosphererelay.guard.internal.RateLimitedLog;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.UserDisconnector;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/**
 * Disconnects all sessions of a user: those of this node at once, even if the broker is
 * unreachable, and those of other nodes when they receive the request. Does not wait for
 * the other nodes; a node that fails or does not answer is logged.
 */
public final class ClusterUserDisconnector implements UserDisconnector {

	private static final Log logger = LogFactory.getLog(ClusterUserDisconnector.class);

	/**
	 * Clients can cause failures as often as they log in and out, so the log is limited.
	 */
	private final RateLimitedLog failureLog = new RateLimitedLog(logger, Duration.ofSeconds(10));

	private final UserDisconnector local;

	private final Cluster cluster;

	/**
	 * Create a disconnector.
	 * @param local disconnects the sessions of this node
	 * @param cluster sends the request to the other nodes
	 */
	public ClusterUserDisconnector(UserDisconnector local, Cluster cluster) {
		this.local = local;
		this.cluster = cluster;
	}

	@Override
	public void disconnectUser(String user, CloseReason reason) {
		this.local.disconnectUser(user, reason);
		this.cluster.disconnectUser(user, reason).whenComplete((affected, ex) -> {
			if (ex != null) {
				this.failureLog.warn("A user was disconnected on this node only, because the request could not be"
						+ " sent to the other nodes. Sessions of the user on other nodes stay open. Check the relay,"
						+ " and call Cluster.disconnectUser again", ex);
			}
			else if (!affected.isComplete()) {
				this.failureLog.warn("A user may still have open sessions on other nodes. These nodes did not answer: "
						+ affected.unanswered() + "; these failed: " + affected.failed().keySet()
						+ ". Call Cluster.disconnectUser again to disconnect the rest");
			}
		});
	}

}

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
 * Ends the sessions of a user on all nodes: on this one at once, also while the broker is
 * away, and on the others as soon as they hear of it. Does not wait for them; what a node
 * does not answer is logged.
 */
public final class ClusterUserDisconnector implements UserDisconnector {

	private static final Log logger = LogFactory.getLog(ClusterUserDisconnector.class);

	/** A client can log in and out as often as it likes. */
	private final RateLimitedLog failureLog = new RateLimitedLog(logger, Duration.ofSeconds(10));

	private final UserDisconnector local;

	private final Cluster cluster;

	/**
	 * Create a disconnector.
	 * @param local ends the sessions of this node
	 * @param cluster reaches the other nodes
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
				this.failureLog.warn("The sessions of a user were ended on this node only", ex);
			}
			else if (!affected.isComplete()) {
				this.failureLog.warn("The sessions of a user may go on at nodes that did not answer "
						+ affected.unanswered() + " or that could not end them " + affected.failed().keySet());
			}
		});
	}

}

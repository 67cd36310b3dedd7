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

package io.github.atmosphererelay.autoconfigure;

import io.github.atmosphererelay.cluster.ClusterQuestionHandler;
import io.github.atmosphererelay.cluster.DefaultCluster;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.context.SmartLifecycle;

/**
 * Has the node join the cluster once its messaging has started, and leave it after the
 * web server has stopped, while the relay can still carry the farewell.
 */
final class ClusterLifecycle implements SmartLifecycle, SmartInitializingSingleton {

	private final DefaultCluster cluster;

	private final ObjectProvider<ClusterQuestionHandler> questionHandlers;

	private volatile boolean running;

	ClusterLifecycle(DefaultCluster cluster, ObjectProvider<ClusterQuestionHandler> questionHandlers) {
		this.cluster = cluster;
		this.questionHandlers = questionHandlers;
	}

	@Override
	public void afterSingletonsInstantiated() {
		// Not earlier: they may want the cluster themselves.
		this.questionHandlers.orderedStream().forEach(this.cluster::addQuestionHandler);
	}

	@Override
	public void start() {
		this.cluster.start();
		this.running = true;
	}

	@Override
	public void stop() {
		this.running = false;
		this.cluster.stop();
	}

	@Override
	public boolean isRunning() {
		return this.running;
	}

	@Override
	public int getPhase() {
		return MessagingLifecycle.PHASE + 1;
	}

}

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

/**
 * How the records of a topic come to the nodes that have subscribers for them.
 */
public enum FeedMode {

	/**
	 * Each node reads all partitions, and hands its own sessions their part.
	 */
	EVERYONE,

	/**
	 * The nodes share the partitions as a consumer group. Clients are led to the node
	 * that reads their channel's partition; those that are elsewhere are reached as in
	 * {@link #REDISTRIBUTED}.
	 */
	ROUTED,

	/**
	 * A consumer group of redistributors reads each partition once, and forwards a record
	 * only to nodes that have a subscriber for it.
	 */
	REDISTRIBUTED

}

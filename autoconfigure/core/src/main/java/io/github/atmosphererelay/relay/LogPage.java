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

import java.util.List;

import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;

/**
 * A page of a channel's log. Unless it was cut by its limit, it reaches to
 * {@link #end()}, or to the log's beginning when read backward.
 *
 * @param publications the publications in the requested order, each with its position
 * @param end the end of the log when it was read: the position of its newest publication,
 * or a later one if several channels share the log
 * @param complete whether the log has everything that was published after the requested
 * position. It is {@code false} if the older part of the log is gone, the log has another
 * epoch than the position, or the position lies after the end; the page then has no
 * publications. One complete page can have another epoch than the requested position: if
 * the position was returned before the channel had a log, nothing was published before
 * it, and offsets continue in the new epoch
 * @param more whether the page was cut by its limit, so that there may be more. Read on
 * since the position of the page's last publication; a page that was cut has at least one
 */
public record LogPage(List<Publication> publications, Position end, boolean complete, boolean more) {

	public LogPage {
		publications = List.copyOf(publications);
	}

	/**
	 * Create a page that was not cut by its limit.
	 * @param publications the publications in the requested order
	 * @param end the end of the log when it was read
	 * @param complete whether the log has everything that was published after the
	 * requested position
	 */
	public LogPage(List<Publication> publications, Position end, boolean complete) {
		this(publications, end, complete, false);
	}

}

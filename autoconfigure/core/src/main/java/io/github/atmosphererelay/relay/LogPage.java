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
 * A part of a channel's log. A page that was not cut reaches to {@link #end()} or, read
 * backward, to the log's beginning.
 *
 * @param publications the publications in the order asked for, each with its position
 * @param end the position up to which the log was looked at: that of its newest
 * publication or, in a log that several channels share, one after it
 * @param complete whether nothing after the requested position is missing because the
 * log's older part is gone, its epoch is another one, or the position lies after the end;
 * a page that is not complete has no publications. A complete page can be of another
 * epoch than the requested position if that was given when the log was unborn: then
 * nothing was published before, and offsets go on in the new epoch
 * @param more whether the page was cut by its limit: there may be more, which is read
 * since the position of its last publication. A page that was cut has at least one
 */
public record LogPage(List<Publication> publications, Position end, boolean complete, boolean more) {

	public LogPage {
		publications = List.copyOf(publications);
	}

	/**
	 * Create a page that was not cut.
	 * @param publications the publications in the order asked for
	 * @param end the position up to which the log was looked at
	 * @param complete whether nothing after the requested position is missing
	 */
	public LogPage(List<Publication> publications, Position end, boolean complete) {
		this(publications, end, complete, false);
	}

}
